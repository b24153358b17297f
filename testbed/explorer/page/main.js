// The page: what is drawn, and when.

const said = { selection: "" };

function say(text) {
  control("count").textContent = `${said.selection} ${text}`.trim();
}

function viewOf() {
  const p = panel();
  if (state.free || p.kind === "lines") return lineFigure();
  if (p.kind === "bars") return barFigure();
  if (p.kind === "map") return mapFigure();
  return lineFigure();
}

function drawFigure() {
  const drawn = viewOf();
  control("plot").replaceChildren(...[drawn.above, drawn.figure].filter(Boolean));
  drawn.figure.setAttribute("role", "img");
  drawn.figure.addEventListener("click", () => drawn.figure.value && choose(drawn.figure.value.i));
  explorer.figure = drawn.figure;
  explorer.points = drawn.points;
  return drawn;
}

function swatch(one) {
  const color = one.color || "#1a1a1a";
  const symbols = { circle: d3.symbolCircle, square: d3.symbolSquare, triangle: d3.symbolTriangle, diamond: d3.symbolDiamond,
    wye: d3.symbolWye, cross: d3.symbolCross, star: d3.symbolStar };
  const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
  if (one.mark) svg.append("text").attr("x", 15).attr("y", 12).attr("text-anchor", "middle").text(one.mark);
  else if (one.symbol) {
    svg.append("path").attr("transform", "translate(15,7)").attr("d", d3.symbol(symbols[one.symbol], 70)()).attr("fill", color);
  } else if (one.color) {
    svg.append("line").attr("x2", 30).attr("y1", 7).attr("y2", 7).attr("stroke", color).attr("stroke-width", 2)
      .attr("stroke-dasharray", one.dash || null);
  }
  return svg.node();
}

function drawLegend(series) {
  const lacks = (one) => (!one.rows.length ? " (no cells)" : one.unseen ? " (no point drawn)" : "");
  control("legend").replaceChildren(...series.map((one) => element("li", [
    one.symbol || one.color || one.mark ? swatch(one) : "", `${one.said}${lacks(one)}`])));
}

function draw() {
  remember();
  const rows = selection();
  const p = panel();
  const drawn = drawFigure();
  const axes = axesOf();
  control("title").textContent = state.free ? `${columns.get(axes.y).words || axes.y} against ${columns.get(axes.x).words || axes.x}` : p.title;
  control("notes").textContent = drawn.notes.join(" ");
  control("caption").textContent = p.caption;
  control("captioned").hidden = !p.caption || state.free;
  said.selection = `${counted(rows.length, "cell", "cells")} of ${N} selected.`;
  say(state.row ? `Cell ${state.row} chosen.` : "");
  drawLegend(drawn.series);
  drawTable(drawn);
  drawDials();
  drawControls(axes);
  showRow();
}

control("name").textContent = page.name;
control("sha").textContent = page.sha;
const pieces = () => (axesOf().declared ? declaredSeries() : freeSeries(axesOf()));
const explorer = { state, page, selection, csvOf, panelText, svgText, choose, pieces, axes: axesOf, figure: null, points: [] };
window.explorer = explorer;
listenToControls();
listenToTable();
draw();
window.addEventListener("hashchange", () => {
  Object.assign(state, START, restored());
  fill("panel", page.panels.map((one, i) => [String(i), `${one.figure} ${one.title}`]), String(state.panel));
  draw();
});
