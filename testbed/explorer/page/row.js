// The chosen cell: what it is, what was measured on it, its exact population, and the commands that look further.

function element(name, content, attributes = {}) {
  const made = document.createElement(name);
  if (content !== undefined) made.append(...[content].flat());
  for (const [key, given] of Object.entries(attributes)) made.setAttribute(key, given);
  return made;
}

function choose(i) {
  state.row = i === null ? "" : key(i);
  remember();
  drawFigure();
  showRow();
  say(state.row ? `Cell ${state.row} chosen.` : "");
  for (const line of document.querySelectorAll("#rows tbody tr")) {
    line.setAttribute("aria-selected", String(line.dataset.key === state.row));
  }
}

function showRow() {
  const place = document.getElementById("row");
  const i = rowOfKey.get(state.row);
  if (i === undefined) return place.replaceChildren(element("p", "Choose a point, or a line of the table.", { class: "hint" }));
  const of = (role) => page.columns.filter((c) => c.role === role && c.values[i] !== null).map((c) => c.name);
  const numbers = (list, say) => element("dl", list.flatMap((name) => [term(name), element("dd", say(name))]));
  const parts = [element("h3", ["Key ", element("code", key(i), { id: "row-key" })])];
  const long = ["generator", "pretext", "probe"];
  parts.push(element("dl", long.flatMap((name) => [
    element("dt", name, { class: "one" }), element("dd", element("code", shown(field(name, i))), { class: "one" })])));
  const others = [...of("dial").filter((name) => !long.includes(name) && !name.includes(".") && name !== "law"), ...of("other")];
  parts.push(numbers(others, (name) => shown(field(name, i))));
  parts.push(element("h3", "Measured: means with 95% intervals"), numbers(of("measured"), (name) => between(name, i)));
  if (of("exact").length) {
    const where = "An interval is that of an integral, or of structures that are drawn anew.";
    parts.push(element("h3", "Exact population"), numbers(of("exact"), (name) => between(name, i)),
      element("p", where, { class: "hint" }));
  }
  if (of("theory").length) parts.push(element("h3", "Theory"), numbers(of("theory"), (name) => between(name, i)));
  parts.push(...comparisons(i), ...commands(i));
  return place.replaceChildren(...parts);
}

// Words, symbol and unit of a column, with its name in the file.
function term(name) {
  const unit = columns.get(name).unit;
  const said = words(name) === name ? "" : `${words(name)}${unit ? ` (${unit})` : ""} `;
  return element("dt", [said, element("code", name)]);
}

function comparisons(i) {
  const found = [];
  for (let n = 0; n < page.pairs.n; n += 1) {
    const [a, b] = [pairs.a[n], pairs.b[n]];
    if (a !== i && b !== i) continue;
    const sign = a === i ? 1 : -1;
    const [d, low, high] = ["difference", "difference_low", "difference_high"].map((name) => pairs[name][n]);
    const other = a === i ? b : a;
    const method = ["pretext", "probe"].map((name) => shown(field(name, other))).join(" + ");
    const ends = sign > 0 ? [low, high] : [high, low];
    const said = d === "" ? "-" : `${plain(sign * d)} [${ends.map((e) => (e === "" ? "-" : plain(sign * e))).join(", ")}]`;
    found.push(element("dt", method), element("dd", said));
  }
  if (!found.length) return [];
  return [element("h3", "Its risk less that of another method on the same draws or law"), element("dl", found)];
}

// A word of a shell command: in single quotation marks unless it needs none.
const shell = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function commands(i) {
  const law = shown(field("generator", i));
  const readable = !page.unreadable.includes(law);
  const lines = [
    ...(readable ? [["describe", `testbed describe ${shell(law)}`]] : []),
    ["replay", `testbed replay ${shell(page.place)} ${key(i)} 0`],
  ].map(([name, line]) => {
    const button = element("button", "Copy", { type: "button", "aria-label": `Copy the command ${name}` });
    button.addEventListener("click", () => copy(line, "Command"));
    return element("div", [element("pre", line, { id: `command-${name}` }), button], { class: "command" });
  });
  const from = page.place.startsWith("results/") ? ", from where results/ is" : "";
  const notes = [`testbed replay runs repetition 0 again${from}; it needs the folder's journal, which a run leaves there.`];
  if (!readable) notes.push("This law holds arrays, or is a class of a script, and its text does not: testbed describe SCRIPT.py " +
    "describes the laws of its script.");
  return [element("h3", readable ? "All of its population; one of its rows again" : "One of its rows again"), ...lines,
    ...notes.map((note) => element("p", note, { class: "hint" }))];
}
