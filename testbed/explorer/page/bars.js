// Excess risk as the sum of its parts: bars of a declared stack.

function barFigure() {
  const p = panel();
  const rows = selection();
  const places = differing(p.x, p.curves.flatMap((curve) => kept(curve.rows)));
  const points = [];
  const boxes = [];
  p.curves.forEach((one, s) => kept(one.rows).forEach((i) => {
    const total = value("excess_risk", i);
    if (total === null || field(p.x, i) === "") return;
    const up = interval("excess_risk", i);
    const point = { i, one: { ...one, number: s + 1 }, x: String(s + 1), place: field(p.x, i), y: total };
    points.push(up ? { ...point, low: up[0], high: up[1] } : point);
    boxes.push(...boxesOf(point, p.parts));
  }));
  const label = (text) => p.ticks[unquoted(text)] ?? shown(text);
  const place = { x: "x", fx: "place" };
  const many = p.curves.length > 1;
  const reached = [0, ...points.flatMap((q) => [q.y, q.low ?? q.y, q.high ?? q.y]), ...boxes.flatMap((b) => [b.y1, b.y2])];
  const y = scaled(p.ylabel, "linear", ends(reached, "linear"));
  const width = Math.max(roomFor(), places.length * (many ? 30 * p.curves.length + 30 : 70));
  const names = categories(places.map(label), (0.88 * (width - 80)) / Math.max(1, places.length));
  const below = names.high + (many ? 22 : 6) + 30;
  const figure = Plot.plot({
    width, height: 392 + below, marginLeft: 70, marginRight: 10, marginBottom: below, style: STYLE,
    x: { type: "band", axis: null, padding: 0.12, domain: p.curves.map((_, s) => String(s + 1)) },
    fx: { domain: places, padding: 0.12, axis: null },
    y,
    color: { type: "identity" }, ariaLabel: `${p.ylabel} by ${p.xlabel}`,
    ariaDescription: `${counted(points.length, "bar", "bars")}; the table below has the same numbers.`,
    marks: [
      ...axisMarks(null, y),
      Plot.barY(boxes, { ...place, y1: "y1", y2: "y2", fill: "color" }),
      Plot.ruleY([0]),
      many ? Plot.axisX({ tickSize: 0, label: null, fontSize: 11 }) : null,
      Plot.axisFx({ anchor: "bottom", tickFormat: (text) => names.said(label(text)), title: label, tickPadding: many ? 22 : 6,
        label: p.xlabel, labelArrow: "none", labelOffset: below - 6, fontSize: 12, ...(names.turned ? { tickRotate: -45 } : {}) }),
      Plot.ruleX(points.filter((q) => q.high !== undefined), { ...place, y1: "low", y2: "high", strokeWidth: 1.4 }),
      Plot.dot(points, { ...place, y: "y", symbol: "diamond", r: 4.2, fill: "#fff", stroke: "#1a1a1a", ariaLabel: (q) => key(q.i) }),
      Plot.dot(points.filter((q) => key(q.i) === state.row), { ...place, y: "y", r: 10, stroke: "#1a1a1a", strokeWidth: 2.4 }),
      Plot.tip(points, Plot.pointer({ ...place, y: "y", title: (q) => `${q.one.said}, ${label(q.place)}\n${between("excess_risk", q.i)}` })),
    ],
  });
  const parts = p.parts.map((part) => ({ said: part.said, color: part.color, symbol: "square", rows }));
  if (boxes.some((box) => box.color === UNSPLIT)) parts.push({ said: "not split", color: UNSPLIT, symbol: "square", rows });
  const bars = many ? p.curves.map((one, s) => ({ said: `${s + 1}: ${one.said}`, rows: kept(one.rows) })) : [];
  return {
    figure, points, series: [...parts, ...bars], axes: { x: p.x, y: "excess_risk" },
    notes: ["A diamond is the total, with its stored 95% interval: the parts above 0 less those that hang below it."],
    head: [["bar", (q) => q.one.said], [p.x, (q) => label(q.place)], ["excess_risk", (q) => between("excess_risk", q.i)],
      ...p.parts.map((part) => [part.name, (q) => between(part.name, q.i)])],
  };
}

const UNSPLIT = "#767676";

// The parts of one bar, those above 0 on each other and those below hanging; in grey what the rows do not split.
function boxesOf(point, parts) {
  const halves = parts.filter((part) => part.name === "information_lost" || part.name === "not_linear");
  const halved = halves.length && halves.every((part) => value(part.name, point.i) !== null);
  const used = parts.filter((part) => (halves.includes(part) ? halved : part.name !== "intrinsic" || !halved));
  const whole = used.every((part) => value(part.name, point.i) !== null);
  const each = whole ? used.map((part) => [value(part.name, point.i), part.color]) : [[point.y, UNSPLIT]];
  let [top, bottom] = [0, 0];
  return each.map(([size, color]) => {
    const from = size >= 0 ? top : bottom;
    if (size >= 0) top += size;
    else bottom += size;
    return { x: point.x, place: point.place, y1: from, y2: from + size, color };
  });
}
