// Check boxes for the dials that vary in the selection, each value with the number of cells that it would leave.

function drawDials() {
  const place = document.getElementById("dials");
  const focused = document.activeElement?.dataset?.place;
  const within = base();
  const rows = kept(within);
  const asked = (name) => (state.keep[name] || []).length > 0;
  const vary = [];
  for (const name of ordered) {
    const twin = () => vary.some((other) => oneToOne(name, other, rows)); // it would be the same choice again
    if (asked(name) || (differing(name, rows).length > 1 && !twin())) vary.push(name);
  }
  place.replaceChildren(...vary.map((name) => group(name, kept(within, name))));
  document.getElementById("clear").disabled = !Object.values(state.keep).some((fields) => fields.length);
  if (focused) document.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
}

function group(name, rows) {
  const counts = d3.rollup(rows, (part) => part.length, (i) => field(name, i));
  const wanted = state.keep[name] || [];
  const fields = differing(name, base()).filter((text) => counts.has(text) || wanted.includes(text));
  const boxes = fields.map((text) => {
    const box = element("input", undefined, { type: "checkbox" });
    Object.assign(box.dataset, { dial: name, value: text, place: `${name}=${text}` });
    box.checked = wanted.includes(text);
    box.addEventListener("change", () => keep(name, text, box.checked));
    const n = counts.get(text) || 0;
    return element("label", [box, element("span", shown(text)), element("span", String(n), { class: "n" })],
      n ? {} : { class: "none" });
  });
  return element("fieldset", [element("legend", named(name)), element("div", boxes, { class: "values" })], { "data-dial": name });
}

function keep(name, text, wanted) {
  const others = (state.keep[name] || []).filter((one) => one !== text);
  state.keep = { ...state.keep, [name]: wanted ? [...others, text] : others };
  if (!state.keep[name].length) delete state.keep[name];
  draw();
}
