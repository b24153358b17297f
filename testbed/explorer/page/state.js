// The view, as the fragment of the address keeps it: the panel, its axes where they are free, and what is kept.

const everyCell = Array.from({ length: N }, (_, i) => i);
const START = { panel: 0, free: false, all: false, keep: {}, x: "", y: "", xs: "", ys: "", lines: "curves", facet: "",
  theory: [], row: "" };
const state = { ...START, ...restored() };

function restored() {
  let found = {};
  try {
    found = JSON.parse(decodeURIComponent(location.hash.slice(1) || "{}"));
  } catch {
    return {};
  }
  const kept = {};
  const known = (name) => columns.has(name);
  for (const [key, start] of Object.entries(START)) {
    const given = found[key];
    if (given === undefined || typeof given !== typeof start || Array.isArray(given) !== Array.isArray(start)) continue;
    if (["x", "y", "facet"].includes(key) && given !== "" && !known(given)) continue;
    if (["xs", "ys"].includes(key) && !["", "linear", "log"].includes(given)) continue;
    if (key === "lines" && given !== "curves" && given !== "" && !known(given)) continue;
    if (key === "panel" && !page.panels[given]) continue;
    kept[key] = key === "theory" ? given.filter(known) : given;
  }
  if (kept.keep) {
    kept.keep = Object.fromEntries(Object.entries(kept.keep).filter(([name, v]) => known(name) && Array.isArray(v)));
  }
  return kept;
}

function fragment() {
  const changed = Object.entries(state).filter(([key, given]) => JSON.stringify(given) !== JSON.stringify(START[key]));
  return changed.length ? `#${encodeURIComponent(JSON.stringify(Object.fromEntries(changed)))}` : "";
}

function remember() {
  const address = fragment();
  if (address !== location.hash) history.replaceState(null, "", address || location.href.split("#")[0]);
}

const panel = () => page.panels[state.panel];

// Cells that a view begins with: those of its panel, or all where the axes are free and all are asked for.
function base() {
  if (state.free && state.all) return everyCell;
  const inside = new Set(panel().curves.flatMap((curve) => curve.rows));
  return everyCell.filter((i) => inside.has(i));
}

// The cells among some that every dial keeps, but for one that is not asked.
function kept(rows, unasked) {
  const asked = Object.entries(state.keep).filter(([name, fields]) => fields.length && name !== unasked);
  return rows.filter((i) => asked.every(([name, fields]) => fields.includes(field(name, i))));
}
const selection = () => kept(base());
