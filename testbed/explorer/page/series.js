// What is drawn against two axes: series of cells, and which of their points a line joins.

const SYMBOLS = ["circle", "square", "triangle", "diamond", "wye", "cross", "star"];
const DASHES = ["6,3", "2,2", "9,3,2,3", "12,4", "4,2,1,2"];
const DARK = ["#1a1a1a", "#7a1f16", "#1f4e9c", "#4d4d4d"];

const look = (n) => ({ color: page.inks[n % page.inks.length], symbol: SYMBOLS[n % SYMBOLS.length] });
const measuredCurves = () => panel().curves.filter((curve) => !curve.theory);

// Axes of the view: those of the panel, or those that were chosen.
function axesOf() {
  const p = panel();
  const declared = p.kind === "lines" && !state.free;
  const x = declared ? p.x : state.x || firstNumber(p);
  const y = declared ? p.y : state.y || (p.kind === "map" ? p.column : p.y) || page.risk;
  const same = p.kind === "lines" && x === p.x && y === p.y;
  return {
    x, y, declared,
    xs: state.xs || (x === p.x && p.xscale) || "linear",
    ys: state.ys || (p.kind === "lines" && y === p.y && p.yscale) || "linear",
    xlabel: (x === p.x && isNumber(x) && p.xlabel) || words(x),
    ylabel: (same && p.ylabel) || words(y),
    offset: (x === p.x && p.offset) || 0,
  };
}

function firstNumber(p) {
  if (p.x && columns.has(p.x) && isNumber(p.x)) return p.x;
  const varying = dials.filter((name) => isNumber(name) && differing(name, base()).length > 1);
  return varying[0] || "n_labeled";
}

// Series of a declared panel: its curves as they stand, joined where the figure joins them.
function declaredSeries() {
  let [n, m] = [0, 0];
  return panel().curves.map((curve) => {
    const rows = kept(curve.rows);
    const drawn = curve.theory ? { dash: DASHES[m++ % DASHES.length] } : look(n++);
    return { ...curve, ...drawn, color: curve.color, rows, groups: curve.joined ? [rows] : rows.map((i) => [i]) };
  });
}

// Series of free axes: one for each curve of the panel, or for each value of a dial; theory goes along with them.
function freeSeries(axes) {
  const rows = selection();
  const parts = splitByLines(rows);
  const drawn = parts.map((part, n) => ({
    ...part, ...look(n), y: axes.y, groups: joined(part.rows, axes.x, part.whole),
  }));
  const theory = state.theory.map((name, n) => {
    const known = (group) => group.filter((i) => value(name, i) !== null);
    const groups = drawn.flatMap((part) => part.groups.map(known)).filter((group) => group.length);
    const look = { color: DARK[n % DARK.length], dash: DASHES[n % DASHES.length] };
    return { said: words(name), label: words(name), theory: true, y: name, rows: groups.flat(), groups, ...look };
  });
  return [...drawn, ...theory];
}

function splitByLines(rows) {
  if (state.lines === "") return [{ said: "all cells", label: "all cells", rows }];
  if (state.lines !== "curves") {
    return differing(state.lines, rows).map((text) => {
      const said = `${isNumber(state.lines) ? `${words(state.lines)} = ` : ""}${shown(text)}`;
      return { said, label: said, rows: rows.filter((i) => field(state.lines, i) === text) };
    });
  }
  const inside = new Set(rows);
  const curves = new Map();
  for (const curve of measuredCurves()) {
    const found = curve.rows.filter((i) => inside.has(i));
    const before = curves.get(curve.rows.join());
    if (before) before.said += `, ${curve.said}`;
    else curves.set(curve.rows.join(), { said: curve.said, label: curve.label, rows: found, whole: true });
  }
  const named = new Set([...curves.values()].flatMap((curve) => curve.rows));
  const others = rows.filter((i) => !named.has(i));
  return [...curves.values(), ...(others.length ? [{ said: "other cells", label: "other cells", rows: others }] : [])];
}

// Groups of cells that one line joins: all of a declared curve where x tells them apart; otherwise those that differ in
// x alone, and in what goes with x one to one.
function joined(rows, x, whole) {
  const there = rows.filter((i) => value(x, i) !== null);
  if (whole && new Set(there.map((i) => field(x, i))).size === there.length) return [there];
  const apart = dials.filter((name) => name !== x && differing(name, there).length > 1 && !oneToOne(name, x, there));
  const groups = d3.group(there, (i) => apart.map((name) => field(name, i)).join("\n"));
  return [...groups.values()].flatMap((group) => {
    const distinct = new Set(group.map((i) => field(x, i))).size === group.length;
    return distinct ? [group] : group.map((i) => [i]);
  });
}

function oneToOne(name, x, rows) {
  const pairs = new Set(rows.map((i) => `${field(name, i)}\n${field(x, i)}`)).size;
  return pairs === differing(name, rows).length && pairs === differing(x, rows).length;
}

// Points of all series, with their intervals; what an axis cannot show is counted.
function pointsOf(series, axes) {
  const points = [];
  const lost = { x: 0, y: 0 };
  series.forEach((one, s) => one.groups.forEach((group, g) => {
    const sorted = [...group].sort((i, j) => value(axes.x, i) - value(axes.x, j));
    for (const i of sorted) {
      const [x, y] = [value(axes.x, i), value(one.y, i)];
      if (x === null || y === null) continue;
      if (axes.xs === "log" && !(x - axes.offset > 0)) lost.x += 1;
      else if (axes.ys === "log" && !(y > page.rounding)) lost.y += 1;
      else points.push({ i, s, g: `${s} ${g}`, one, x: x - axes.offset, y, ...endsOf(one, axes, i, group.length > 1) });
    }
  }));
  return { points, lost };
}

function endsOf(one, axes, i, band) {
  const [up, across] = [interval(one.y, i), one.theory ? null : interval(axes.x, i)];
  const found = { band, facet: state.free && state.facet ? field(state.facet, i) : "" };
  if (up) Object.assign(found, { low: up[0], high: up[1] });
  if (across) Object.assign(found, { left: across[0] - axes.offset, right: across[1] - axes.offset });
  return found;
}
