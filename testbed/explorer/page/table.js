// The drawn points as a table, which the keyboard goes through.

function drawTable(drawn) {
  const table = document.getElementById("rows");
  const head = element("thead", element("tr", drawn.head.map(([name]) => element("th", name, { scope: "col" }))));
  const lines = drawn.points.map((point) => {
    const line = element("tr", drawn.head.map(([, say]) => element("td", say(point))), { tabindex: "-1" });
    line.dataset.key = key(point.i);
    line.setAttribute("aria-selected", String(line.dataset.key === state.row));
    return line;
  });
  const chosen = lines.find((line) => line.dataset.key === state.row) || lines[0];
  if (chosen) chosen.tabIndex = 0;
  table.replaceChildren(head, element("tbody", lines));
  document.getElementById("table-title").textContent = counted(drawn.points.length, "point", "points");
}

function goTo(line) {
  for (const other of document.querySelectorAll('#rows tr[tabindex="0"]')) other.tabIndex = -1;
  line.tabIndex = 0;
  line.focus();
}

function listenToTable() {
  const table = document.getElementById("rows");
  const lineOf = (event) => event.target.closest("tbody tr");
  table.addEventListener("click", (event) => {
    const line = lineOf(event);
    if (!line) return;
    goTo(line);
    choose(rowOfKey.get(line.dataset.key));
  });
  table.addEventListener("keydown", (event) => {
    const line = lineOf(event);
    if (!line) return;
    const lines = [...table.tBodies[0].rows];
    const at = lines.indexOf(line);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: lines.length - 1 };
    if (event.key in moves) goTo(lines[Math.max(0, Math.min(lines.length - 1, moves[event.key]))]);
    else if (event.key === "Enter" || event.key === " ") choose(rowOfKey.get(line.dataset.key));
    else return;
    event.preventDefault();
  });
  document.getElementById("to-table").addEventListener("click", () => {
    const line = table.querySelector('tr[tabindex="0"]');
    (line || document.getElementById("table-title")).focus();
  });
}
