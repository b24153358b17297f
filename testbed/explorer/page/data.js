// What the page holds: columns of summary.csv, one text a cell, as they stand in the file.

const page = JSON.parse(document.getElementById("data").textContent);
const N = page.n;

function decode(column, n, others) {
  if ("one" in column) return new Array(n).fill(column.one);
  if ("as" in column) return others.get(column.as).fields;
  if ("of" in column) return column.at.map((i) => column.of[i]);
  return column.each.split(",");
}

function unquoted(field) {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

const columns = new Map();
for (const column of page.columns) {
  column.fields = decode(column, N, columns);
  column.values = column.fields.map((field) => (field === "" ? null : column.number ? Number(field) : unquoted(field)));
  columns.set(column.name, column);
}
const names = page.columns.filter((column) => !column.made).map((column) => column.name);
const dials = page.columns.filter((column) => column.role === "dial" && column.name !== "generator").map((c) => c.name);
const late = (name) => (name.includes(".") ? (name.startsWith("generator.") ? 1 : 2) : 0);
const ordered = d3.sort(dials, (a, b) => late(a) - late(b)); // kind of law and methods, dials, settings of methods
const rowOfKey = new Map(columns.get("key").fields.map((key, i) => [key, i]));

// Pairs of cells with the difference of their risks.
const pairs = { a: page.pairs.a || [], b: page.pairs.b || [] };
for (const [name, column] of Object.entries(page.pairs.gaps || {})) pairs[name] = decode(column, page.pairs.n, new Map());

const value = (name, i) => columns.get(name).values[i];
const field = (name, i) => columns.get(name).fields[i];
const isNumber = (name) => columns.get(name).number && columns.get(name).role !== "end";

// The stored 95% interval of a number; null where there is none, or none with a width (an exact number).
function interval(name, i) {
  const low = columns.get(`${name}_low`);
  const high = columns.get(`${name}_high`);
  if (!low || !high || low.values[i] === null || high.values[i] === null) return null;
  return high.values[i] > low.values[i] ? [low.values[i], high.values[i]] : null;
}

// A column in words, with its symbol and its name in the file.
function words(name) {
  const column = columns.get(name);
  const apart = column.symbol && column.symbol.includes(" ") ? ", " : " ";
  return [column.words, column.symbol].filter(Boolean).join(apart) || name;
}
const named = (name) => (words(name) === name ? name : `${words(name)} (${name})`);

// Different fields of a column in some cells: numbers by size, texts in the order of the file, what is empty at the end.
function differing(name, rows) {
  const column = columns.get(name);
  const fields = [...new Set(rows.map((i) => column.fields[i]))];
  if (column.number) fields.sort((a, b) => (a === "") - (b === "") || Number(a) - Number(b));
  return fields;
}
const shown = (text) => (text === "" ? "(empty)" : unquoted(text));
