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
