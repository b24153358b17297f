// The present view as Python text: a Panel that selects just the drawn cells, for FIGURES of a script.

const text = (string) => JSON.stringify(string);
const literal = (string) => string.replaceAll("$", "\\$"); // in labels of figures, dollars hold mathematics

// One field as Python: a number, a truth value, None where it is empty, or a text.
function pythonOf(name, given) {
  if (given === "") return "None";
  const string = unquoted(given);
  if (!name.includes(".") || name === "generator") return columns.get(name).number ? string : text(string);
  if (string === "True" || string === "False" || string === "None") return string;
  if (string.startsWith('"')) return text(JSON.parse(string)); // a text that looks like a number, as the file marks it
  return string.trim() !== "" && Number.isFinite(Number(string)) ? string : text(string);
}

function valuesOf(name, fields) {
  const all = fields.map((one) => pythonOf(name, one));
  return all.length === 1 ? all[0] : `[${all.join(", ")}]`;
}

// The columns that select some cells among all: dials, as few as are needed; else generators; else keys.
function whereOf(rows) {
  const wanted = new Set(rows);
  const real = dials.filter((name) => !columns.get(name).made);
  const needed = new Map();
  for (const name of [...real, "generator", "key"]) {
    const fields = differing(name, rows);
    if (name === "generator" || name === "key") {
      if (matching(needed).length === wanted.size) break;
    }
    if (fields.length < differing(name, everyCell).length) needed.set(name, fields);
  }
  for (const name of [...needed.keys()].reverse()) {
    const without = new Map([...needed].filter(([other]) => other !== name));
    if (matching(without).length === wanted.size) needed.delete(name);
  }
  return needed;
}

function matching(where) {
  const sets = [...where].map(([name, fields]) => [columns.get(name).fields, new Set(fields)]);
  return everyCell.filter((i) => sets.every(([fields, allowed]) => allowed.has(fields[i])));
}

const dict = (entries) => `{${entries.map(([name, fields]) => `${text(name)}: ${valuesOf(name, fields)}`).join(", ")}}`;

function panelText() {
  const p = panel();
  if (!state.free && p.kind !== "lines") return filtered(p);
  const axes = axesOf();
  const series = (axes.declared ? declaredSeries() : freeSeries(axes)).filter((one) => one.rows.length);
  const curves = series.flatMap((one) => piecesOf(one, axes));
  if (!curves.length) return "# no cells are selected\n";
  const common = [...curves[0].where].filter(([name, fields]) =>
    curves.every((curve) => String(curve.where.get(name)) === String(fields)));
  const written = (curve) => {
    const own = [...curve.where].filter(([name]) => !common.some(([other]) => other === name));
    const y = curve.y !== axes.y ? `, y=${text(curve.y)}` : "";
    const line = curve.line ? `, line=${text(curve.line)}` : "";
    return `        Curve(${text(curve.label)}, ${dict(own)}${y}${line}),\n`;
  };
  const list = (wanted) => curves.filter((curve) => Boolean(curve.theory) === wanted).map(written).join("");
  const title = axes.declared ? p.raw : literal(document.getElementById("title").textContent);
  const given = axes.declared ? Object.entries(p.given).map(([name, label]) => `    ${name}=${text(label)},\n`).join("") : "";
  return `Panel(\n    ${text(title)},\n    ${text(axes.x)},\n    [\n${list(false)}    ],\n    y=${text(axes.y)},\n` +
    (common.length ? `    where=${dict(common)},\n` : "") + (list(true) ? `    theory=[\n${list(true)}    ],\n` : "") +
    `    xscale=${text(axes.xs)},\n    yscale=${text(axes.ys)},\n${given}` +
    (axes.offset ? `    offset=${axes.offset},\n` : "") + ")\n";
}

// The curves of a series: one where x tells its cells apart; otherwise one for each group that a line joins.
function piecesOf(one, axes) {
  const label = axes.declared || one.whole ? one.label : literal(one.label);
  const head = { label, y: one.y, theory: one.theory };
  const measured = !names.includes(axes.x) || columns.get(axes.x).role !== "dial";
  const rows = one.rows.filter((i) => value(axes.x, i) !== null);
  if (!rows.length) return [];
  const alone = one.groups.every((group) => group.length < 2) && rows.length > 1;
  const line = alone && !one.theory ? "none" : undefined;
  const clear = new Set(rows.map((i) => field(axes.x, i))).size === rows.length;
  if ((axes.declared || one.groups.length === 1 || (alone && measured)) && (clear || measured)) {
    return [{ ...head, line, where: whereOf(rows) }];
  }
  const groups = one.groups.filter((group) => group.length);
  return groups.map((group, n) => ({
    ...head, label: n ? `${label} (${n + 1})` : label, where: whereOf(group),
  }));
}

// A declared panel of another kind, with what is kept added to what it selects: to the `where` of the panel, or of each
// curve or side, where these have a selection of their own by that column or are left with other values.
function filtered(p) {
  const asked = [...new Set(Object.keys(state.keep).map((name) => (columns.get(name).made ? "generator" : name)))];
  if (!p.frame || !asked.length) return `${p.text}\n`;
  if (!selection().length) return "# no cells are selected\n";
  const pieces = p.pieces.map((piece, n) => ({ ...piece, rows: kept(p.curves[n].rows) }));
  const left = pieces.filter((piece) => piece.rows.length);
  if (pieces.length && !left.some((piece) => piece.of === "curves" || piece.of === "a")) return "# no cells are selected\n";
  const fieldsOf = (name, rows) => valuesOf(name, differing(name, rows));
  const common = asked.filter((name) => pieces.every((piece) => piece.rows.length && !(name in piece.where)) &&
    new Set(pieces.map((piece) => fieldsOf(name, piece.rows))).size < 2);
  const added = (own, rows, given) => {
    const entries = { ...own };
    for (const name of given) entries[name] = `${text(name)}: ${fieldsOf(name, rows)}`;
    return `{${Object.values(entries).join(", ")}}`;
  };
  const rest = asked.filter((name) => !common.includes(name));
  const whereOfPiece = (piece) => added(piece.where, piece.rows, piece.rows.length ? rest : []); // a side that is not kept stays
  const put = (given, mark, replacement) => given.replace(mark, () => replacement);
  let written = put(p.frame, "{'<where>': 0}", added(p.where, selection(), common));
  for (const side of pieces.filter((piece) => !piece.text)) written = put(written, `{'<where>${side.of}': 0}`, whereOfPiece(side));
  const own = (piece) => put(piece.text, "where={'<where>': 0}", `where=${whereOfPiece(piece)}`);
  for (const name of ["curves", "theory"]) {
    written = put(written, `Curve(label='<where>${name}', y='<where>')`, left.filter((piece) => piece.of === name).map(own).join(", "));
  }
  return `${written}\n`;
}
