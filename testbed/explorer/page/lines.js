// Means against x: lines, bands and bars of the stored intervals, theory dashed.

const STYLE = { fontFamily: "system-ui, sans-serif", fontSize: "13px", color: "#1a1a1a", background: "#fff" };

function lineFigure() {
  const axes = axesOf();
  const series = axes.declared ? declaredSeries() : freeSeries(axes);
  const { points, lost } = pointsOf(series, axes);
  const facets = differingFacets(points);
  const x = ends(points.flatMap((p) => across(p, axes.xs)), axes.xs);
  const y = ends(upright(points, axes.ys), axes.ys);
  const last = d3.max(points, (p) => p.s) || 1;
  for (const p of points) {
    p.late = p.s / last; // later series are smaller, so that those below them are seen
    if (axes.ys === "log" && p.low !== undefined) p.low = Math.max(p.low, y[0]);
    if (axes.xs === "log" && p.left !== undefined) p.left = Math.max(p.left, x[0]);
  }
  const fx = facets.length > 1 ? (p) => p.facet : undefined;
  const scales = { x: scaled(axes.xlabel, axes.xs, x), y: scaled(axes.ylabel, axes.ys, y) };
  const width = Math.max(roomFor(), 90 + 140 * facets.length);
  const room = width - 90;
  const names = categories(facets.map(shown), (0.92 * room) / Math.max(1, facets.length), 3);
  const above = names.high + 30;
  const options = {
    width, height: 414 + (fx ? above : 46), marginTop: fx ? above : 20, marginLeft: 70, marginRight: fx && names.turned ? names.high : 20, marginBottom: 48, style: STYLE,
    ...scales, r: { type: "identity" },
    ariaLabel: `${axes.ylabel} against ${axes.xlabel}`, ariaDescription: described(points, series),
    marks: [...axisMarks(scales.x, scales.y, room / Math.max(1, facets.length)), ...marksOf(points, series, fx)],
  };
  if (fx) {
    options.fx = { domain: facets, axis: null };
    options.marks.push(Plot.axisFx({ anchor: "top", tickFormat: (text) => names.said(shown(text)), title: shown,
      label: words(state.facet), labelArrow: "none", fontSize: 12, ...(names.turned ? { tickRotate: -45 } : {}) }));
  }
  const figure = Plot.plot(options);
  return {
    figure, points: points.filter((p) => !p.one.theory), axes, notes: notesOf(points, series, lost, axes),
    series: series.map((one, s) => ({ ...one, unseen: !points.some((p) => p.s === s) })),
    head: [["line", (p) => p.one.said], [axes.x, (p) => between(axes.x, p.i)], [axes.y, (p) => between(p.one.y, p.i)],
      ...told(points)],
  };
}

function differingFacets(points) {
  if (!state.free || !state.facet) return [];
  return differing(state.facet, [...new Set(points.map((p) => p.i))]);
}

const across = (p, scale) => [p.x, p.left, p.right].filter((v) => v !== undefined && (scale !== "log" || v > 0));

// What the axis of y must hold. A logarithmic one goes at most a decade below the least mean, for bands that reach 0.
function upright(points, scale) {
  const all = points.flatMap((p) => [p.y, p.low, p.high]).filter((v) => v !== undefined);
  if (scale !== "log") return all;
  const bottom = d3.min(points, (p) => p.y) / 10;
  return all.map((v) => Math.max(v, bottom));
}

function marksOf(points, series, fx) {
  const color = (p) => p.one.color;
  const banded = points.filter((p) => p.high !== undefined && p.band);
  const barred = points.filter((p) => p.high !== undefined && !p.band && !p.one.theory);
  const wide = points.filter((p) => p.right !== undefined);
  const [theory, means] = [points.filter((p) => p.one.theory), points.filter((p) => !p.one.theory)];
  const place = { x: "x", y: "y", fx };
  return [
    Plot.areaY(banded, { x: "x", y1: "low", y2: "high", z: "g", fill: color, fillOpacity: 0.2, fx }),
    Plot.ruleX(barred, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.2, fx }),
    Plot.ruleY(wide, { y: "y", x1: "left", x2: "right", stroke: color, strokeWidth: 1, fx }),
    Plot.lineY(means, { ...place, z: "g", stroke: color, strokeWidth: 1.8 }),
    ...series.filter((one) => one.theory).map((one) => Plot.lineY(theory.filter((p) => p.one === one), {
      ...place, z: "g", stroke: one.color, strokeWidth: 1.5, strokeDasharray: one.dash, // over means that it may equal
    })),
    Plot.dot(theory.filter((p) => !p.band), { ...place, fill: color, r: 1.6 }),
    Plot.dot(means, { ...place, fill: color, stroke: "#fff", strokeWidth: 0.6, symbol: (p) => p.one.symbol, r: (p) => 6 - 2.2 * p.late,
      ariaLabel: (p) => key(p.i) }),
    Plot.dot(means.filter((p) => value("selected", p.i) === "yes"), { ...place, r: 8, stroke: "#1a1a1a" }),
    Plot.dot(means.filter((p) => key(p.i) === state.row), { ...place, r: 10, stroke: "#1a1a1a", strokeWidth: 2.4 }),
    Plot.tip(means, Plot.pointer({ ...place, title: tipOf, fontSize: 12 })),
  ];
}

const key = (i) => field("key", i);

function tipOf(p) {
  const axes = axesOf();
  return [p.one.said, `${words(axes.x)}: ${between(axes.x, p.i)}`, `${words(p.one.y)}: ${between(p.one.y, p.i)}`].join("\n");
}

// Dials that differ among the drawn cells, for the table: the first five.
function told(points) {
  const rows = [...new Set(points.map((p) => p.i))];
  const axes = axesOf();
  const found = [];
  for (const name of ordered) {
    const twin = () => [axes.x, ...found].some((other) => oneToOne(name, other, rows));
    const other = ![axes.x, state.free ? state.lines : "", "law"].includes(name);
    if (found.length < 5 && other && differing(name, rows).length > 1 && !twin()) found.push(name);
  }
  return found.map((name) => [name, (p) => shown(field(name, p.i))]);
}

function described(points, series) {
  const means = points.filter((p) => !p.one.theory);
  const lines = series.filter((one) => !one.theory && one.rows.length);
  if (!means.length) return "No points.";
  const [x, y] = [d3.extent(means, (p) => p.x), d3.extent(means, (p) => p.y)];
  return `${counted(means.length, "point", "points")} of ${counted(lines.length, "series", "series")}; x from ${plain(x[0])} ` +
    `to ${plain(x[1])}, y from ${plain(y[0])} to ${plain(y[1])}. The table below has the same points.`;
}

function notesOf(points, series, lost, axes) {
  const notes = [];
  if (lost.y) notes.push(`${counted(lost.y, "value", "values")} not above 0 (the rounding of 0: up to ${plain(page.rounding)}) ` +
    `${lost.y === 1 ? "is" : "are"} not on the logarithmic axis of y.`);
  if (lost.x) notes.push(`${counted(lost.x, "value", "values")} not above 0 ${lost.x === 1 ? "is" : "are"} not on the ` +
    "logarithmic axis of x.");
  const intervals = points.some((p) => p.high !== undefined);
  notes.push(intervals ? "Bands and bars: the stored 95% intervals of the means." : "No interval has a width: all is exact.");
  const failed = new Set(points.filter((p) => value("selected", p.i) === "yes").map((p) => p.i)).size;
  if (failed) notes.push(`A ring: the mean of the repetitions that did not fail (${counted(failed, "cell", "cells")}).`);
  if (axes.offset) notes.push(`x is less ${plain(axes.offset)}.`);
  if (!axes.declared) {
    const alone = series.filter((one) => !one.theory && one.rows.length > 1 && one.groups.every((g) => g.length < 2)).length;
    notes.push("A line joins cells that differ in x alone, and in what goes with x one to one." +
      (alone ? ` In ${counted(alone, "series", "series")} there are none: points only.` : ""));
  }
  return notes;
}
