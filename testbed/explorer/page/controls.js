// The choice of panel, axes, lines and theory.

const control = (id) => document.getElementById(id);

function fill(id, options, chosen) {
  control(id).replaceChildren(...options.map(([given, said]) => {
    const option = element("option", said, { value: given });
    option.selected = given === chosen;
    return option;
  }));
}

function drawControls(axes) {
  control("free").checked = state.free;
  control("all").checked = state.all;
  control("all-label").hidden = !state.free;
  const p = panel();
  const lines = p.kind === "lines" || state.free;
  control("axes").hidden = !lines;
  for (const id of ["x", "y", "lines", "facet"]) control(id).parentElement.hidden = !state.free;
  control("theories").hidden = !state.free;
  if (!lines) return;
  for (const id of ["xs", "ys"]) fill(id, [["linear", "linear"], ["log", "log"]], axes[id]);
  if (!state.free) return;
  const rows = selection();
  const filled = (name) => rows.some((i) => value(name, i) !== null);
  const varying = dials.filter((name) => differing(name, rows).length > 1);
  const numbers = page.columns.map((c) => c.name).filter((name) => isNumber(name) && filled(name));
  const measured = numbers.filter((name) => ["measured", "exact", "theory"].includes(columns.get(name).role));
  const pairOf = (name) => [name, named(name)];
  const across = [...numbers.filter((name) => columns.get(name).role === "dial" && varying.includes(name)), ...measured];
  fill("x", [...new Set([axes.x, ...across])].map(pairOf), axes.x);
  fill("y", [...new Set([axes.y, ...measured])].map(pairOf), axes.y);
  const asked = (name) => (name && name !== "curves" ? [name] : []);
  fill("lines", [["curves", "the curves of the panel"], ["", "none: one colour"],
    ...new Set([...asked(state.lines), ...varying])].map((o) => (Array.isArray(o) ? o : pairOf(o))), state.lines);
  const few = varying.filter((name) => differing(name, rows).length <= 8);
  fill("facet", [["", "one plot"], ...new Set([...asked(state.facet), ...few])].map((o) => (Array.isArray(o) ? o : pairOf(o))),
    state.facet);
  drawTheory(measured.filter((name) => columns.get(name).role !== "measured" && name !== axes.y));
}

function drawTheory(offered) {
  const focused = document.activeElement?.dataset?.theory;
  control("theories-count").textContent = state.theory.length ? `${state.theory.length} drawn` : "none drawn";
  control("theory").replaceChildren(...offered.map((name) => {
    const box = element("input", undefined, { type: "checkbox", "data-theory": name });
    box.checked = state.theory.includes(name);
    box.addEventListener("change", () => {
      const others = state.theory.filter((one) => one !== name);
      state.theory = box.checked ? [...others, name] : others;
      draw();
    });
    return element("div", element("label", [box, ` ${named(name)}`]));
  }));
  if (focused) document.querySelector(`[data-theory="${CSS.escape(focused)}"]`)?.focus();
}

// With another panel, or when axes become free, a view begins anew from the panel.
function begin(changes) {
  const free = changes.free ?? state.free;
  const theory = free ? [...new Set(page.panels[changes.panel ?? state.panel].curves.filter((c) => c.theory).map((c) => c.y))] : [];
  Object.assign(state, START, { theory, panel: state.panel, free, keep: "panel" in changes ? {} : state.keep, ...changes });
  draw();
}

function listenToControls() {
  fill("panel", page.panels.map((p, i) => [String(i), `${p.figure} ${p.title}`]), String(state.panel));
  control("panel").addEventListener("change", (event) => begin({ panel: Number(event.target.value), free: false }));
  control("free").addEventListener("change", (event) => begin({ free: event.target.checked }));
  control("all").addEventListener("change", (event) => { state.all = event.target.checked; draw(); });
  for (const id of ["x", "y", "xs", "ys", "lines", "facet"]) {
    control(id).addEventListener("change", (event) => {
      state[id] = event.target.value;
      if (id === "x") state.xs = "";
      if (id === "y") state.ys = "";
      draw();
    });
  }
  control("clear").addEventListener("click", () => { state.keep = {}; draw(); });
  control("copy-csv").addEventListener("click", () => copy(csvOf(selection()), "Selection"));
  control("copy-panel").addEventListener("click", () => copy(panelText(), "Panel"));
  control("copy-link").addEventListener("click", () => copy(location.href, "Link"));
  control("save-svg").addEventListener("click", saveSvg);
}
