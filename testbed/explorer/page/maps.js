// A declared heat map: the colour of cells on two axes, the line of equal risks, theory over it.

function mapFigure() {
  const p = panel();
  const inside = new Set(selection());
  const points = p.cells.filter(([i]) => inside.has(i)).map(([i, x1, x2, y1, y2, color, low, high]) => ({
    i, x1, x2, y1, y2, color, low, high, x: value(p.x, i), y: value(p.y, i), one: p.curves[0],
    unsure: low !== null && low <= 0 && high >= 0, worse: low !== null && low > 0,
  }));
  const shades = {
    type: p.color.diverging ? (p.color.log ? "diverging-log" : "diverging") : p.color.log ? "log" : "linear",
    scheme: p.color.diverging ? "RdBu" : "viridis", reverse: p.color.diverging, domain: p.color.ends, clamp: true,
    label: p.label, tickFormat: (v) => plain(v, 3),
  };
  if (p.color.diverging) shades.pivot = p.color.log ? 1 : 0;
  const domain = (low, high) => [d3.min(points, (q) => q[low]) ?? 0.1, d3.max(points, (q) => q[high]) ?? 1];
  const theory = p.curves.filter((curve) => curve.theory);
  const dashed = theory.map((one, n) => ({ ...one, color: DARK[n % DARK.length], dash: DASHES[n % DASHES.length] }));
  const [x, y] = [domain("x1", "x2"), domain("y1", "y2")];
  const scales = { x: scaled(p.xlabel, p.xscale, x), y: scaled(p.ylabel, p.yscale, y) };
  const figure = Plot.plot({
    width: roomFor(), height: 460, marginLeft: 70, marginRight: 20, marginBottom: 48, style: STYLE, color: shades,
    ...scales, ariaLabel: `${p.label} by ${p.xlabel} and ${p.ylabel}`,
    ariaDescription: `${counted(points.length, "cell", "cells")}; the table below has the same numbers.`,
    marks: [
      ...axisMarks(scales.x, scales.y),
      Plot.rect(points, { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "color", ariaLabel: (q) => key(q.i) }),
      Plot.dot(points.filter((q) => q.worse), { x: "x", y: "y", r: 1.8, fill: "#1a1a1a", stroke: "#fff", strokeWidth: 0.7 }),
      Plot.dot(points.filter((q) => q.unsure), { x: "x", y: "y", symbol: "times", stroke: "#1a1a1a", r: 3.2 }),
      ...p.equality.map((line) => Plot.line(line, { stroke: "#000", strokeWidth: 2.2, clip: true })),
      ...dashed.map((one) => Plot.line(alongX(one, p).filter(([, y]) => visible(y, p)), { stroke: one.color, strokeWidth: 1.8, strokeDasharray: one.dash, clip: true })),
      Plot.rect(points.filter((q) => key(q.i) === state.row), { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "none",
        stroke: "#000", strokeWidth: 3 }),
      Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: (q) => colorOf(q, p) })),
    ],
  });
  const legend = figure.scale("color") && Plot.legend({ color: shades, width: 320, style: STYLE, ticks: p.color.log ? logTicks(p.color.ends) : 5 });
  const lines = p.equality.length ? [{ said: "equal risk (measured)", color: "#000", rows: [0] }] : [];
  const marked = (name, mark, said) => (points.some((q) => q[name]) ? [{ said, mark, color: "#1a1a1a", rows: [0] }] : []);
  const unsure = [...marked("unsure", "×", "95% interval of the difference holds 0"),
    ...marked("worse", "•", "95% interval of the difference is above 0")];
  return {
    figure, points, above: legend, series: [...lines, ...unsure, ...dashed], axes: { x: p.x, y: p.y },
    notes: [...(p.color.diverging ? [`Blue: the risk of ${p.curves[0].said} is lower; red: that of ${p.curves[1].said}; white: equal.`] : []),
      ...lostOf(p, points, theory)],
    head: [[p.x, (q) => plain(q.x)], [p.y, (q) => plain(q.y)], [p.label, (q) => plain(q.color)],
      ...(p.color.diverging ? [["95% interval of the difference", (q) => `${plain(q.low)} to ${plain(q.high)}`]] : [])],
  };
}

// What logarithmic axes and a logarithmic colour cannot show, in words.
function lostOf(p, points, theory) {
  const off = kept(p.lost).length + d3.sum(theory, (one) => alongX(one, p).filter(([, y]) => !visible(y, p)).length);
  const bare = points.filter((q) => q.color === null || (p.color.log && q.color <= 0)).length;
  return [
    ...(off ? [`${counted(off, "value", "values")} not above 0 ${off === 1 ? "is" : "are"} not on the logarithmic axes.`] : []),
    ...(bare ? [`${counted(bare, "cell has", "cells have")} no colour: ${p.color.log ? "a value not above 0, or none" : "no value"}.`] : []),
  ];
}

const colorOf = (q, p) => `${p.xlabel}: ${plain(q.x)}\n${p.ylabel}: ${plain(q.y)}\n${p.label}: ${plain(q.color)}`;

const visible = (y, p) => p.yscale !== "log" || y > 0;

// What a prediction says at each x: one number, whatever y is.
function alongX(one, p) {
  const found = new Map();
  for (const i of kept(one.rows)) {
    const [x, y] = [value(p.x, i), value(one.y, i)];
    if (x !== null && y !== null && !found.has(x)) found.set(x, y);
  }
  return [...found].sort((a, b) => a[0] - b[0]);
}
