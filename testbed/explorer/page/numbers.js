// Numbers in plain digits, and where the ticks of an axis stand.

// Up to `digits` significant digits and no prefixes: 64000, 0.02, 1e-7.
function plain(number, digits = 6) {
  if (number === null || number === undefined || Number.isNaN(number)) return "-";
  const rounded = Number(number.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size === 0 || (size >= 1e-4 && size < 1e7)) return String(rounded);
  return rounded.toExponential().replace("e+", "e");
}

function between(name, i) {
  const ends = interval(name, i);
  return ends ? `${plain(value(name, i))} [${plain(ends[0])}, ${plain(ends[1])}]` : plain(value(name, i));
}

// Ticks of a logarithmic axis: powers of ten, with 2 and 5 times them where these are few, or round numbers.
function logTicks([low, high], room = 560) {
  if (high < 4 * low) return d3.ticks(low, high, Math.min(5, room / 60));
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const step = Math.max(1, Math.ceil((Math.log10(high / low) * 45) / room));
  const times = room / Math.log10(high / low) < 150 ? [1] : [1, 2, 5];
  const found = [];
  for (let power = first; power <= last; power += step) for (const t of times) found.push(Number(`${t}e${power}`));
  return found.filter((tick) => tick >= low * 0.999999 && tick <= high * 1.000001);
}

// The width that a figure has on the screen.
const roomFor = () => Math.max(320, Math.min(1100, document.getElementById("plot").clientWidth || 760));

// The ends of an axis for some values, with room at both.
function ends(values, scale) {
  const [low, high] = d3.extent(values);
  if (low === undefined) return scale === "log" ? [0.1, 1] : [0, 1];
  if (scale === "log") {
    const room = Math.max((high / low) ** 0.04, 1.02);
    return [low / room, high * room];
  }
  const room = (high - low) * 0.04 || Math.abs(high) * 0.04 || 0.5;
  return [low - room, high + room];
}

// A scale, and the marks of its axis: every tick of a logarithmic one has its label, which Plot would thin out.
const scaled = (label, type, domain) => ({ label, type, domain, axis: null });

function axisMarks(x, y, room = 640) {
  const of = (scale, rest) => {
    const space = scale === y ? 480 : room;
    const ticks = scale.type === "log" ? logTicks(scale.domain, space) : d3.ticks(...scale.domain, Math.min(9, space / 60));
    return [ticks, { text: (v) => plain(v), label: scale.label, labelAnchor: "center", labelArrow: "none", ...rest }];
  };
  const marks = [Plot.gridY(of(y)[0], { strokeOpacity: 0.12 }), Plot.axisY(...of(y, { labelOffset: 62 }))];
  return x ? [...marks, Plot.gridX(of(x)[0], { strokeOpacity: 0.12 }), Plot.axisX(...of(x, { labelOffset: 40 }))] : marks;
}

const counted = (n, one, more) => `${n} ${n === 1 ? one : more}`;

// Labels of categories that each have so many pixels: over lines where their words fit, else turned. The middle of what
// is longer is left out, and a pointer over the label shows the whole.
function categories(texts, pixels, lines = 4) {
  const letters = Math.max(4, Math.floor(pixels / LETTER));
  const pieces = (text) => text.match(/[^\s,(]+[,(]*\s*/g) || [text];
  const turned = texts.some((text) => pieces(text).some((piece) => piece.trim().length > letters));
  const end = (text) => (text.length > TURNED ? `${text.slice(0, TURNED - 15)}…${text.slice(-14)}` : text);
  const alike = d3.group(texts, end);
  function cut(text) {
    const [one, ...others] = alike.get(end(text));
    if (!others.length) return end(text);
    let same = 0; // of texts with the same ends, what stands where they begin to differ
    while (same < one.length && others.every((other) => other[same] === one[same])) same += 1;
    return `${text.slice(0, 4)}…${text.slice(same, same + 6)}…${text.slice(-12)}`;
  }
  function said(text) {
    if (turned) return cut(text);
    const found = [""];
    for (const piece of pieces(text)) {
      if (found.at(-1) && (found.at(-1) + piece).trimEnd().length > letters) found.push("");
      found[found.length - 1] += piece;
    }
    const all = found.map((line) => line.trimEnd());
    return (all.length > lines ? [...all.slice(0, lines - 2), "…", all.at(-1)] : all).join("\n");
  }
  const all = texts.map(said);
  const high = turned ? LETTER * Math.max(...all.map((text) => text.length)) * Math.sin(Math.PI / 4) + 14
    : 15 * Math.max(1, ...all.map((text) => text.split("\n").length));
  return { said, turned, high };
}

const LETTER = 6.6; // pixels of a letter of 12 pixels, about
const TURNED = 24; // letters of a label that is turned
