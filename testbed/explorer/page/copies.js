// What can be taken out of the page: lines of the CSV, the figure, the panel as Python, a link.

// Lines of summary.csv as they stand there, with its header.
function csvOf(rows) {
  const lines = rows.map((i) => names.map((name) => field(name, i)).join(","));
  return [names.join(","), ...lines].map((line) => `${line}\n`).join("");
}

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, content = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, given] of Object.entries(attributes)) made.setAttribute(key, given);
  made.textContent = content;
  return made;
}

// All of the figure by itself, as a file that other programs read: the colours of a map, the picture, the legend.
function svgText() {
  const whole = drawn("svg", { xmlns: SVG, "font-family": "sans-serif", fill: "#1a1a1a" });
  const title = `${page.name}: ${document.getElementById("title").textContent}; summary.csv SHA-256 ${page.sha}`;
  whole.append(drawn("title", {}, title));
  let [width, height] = [0, 0];
  for (const part of document.querySelectorAll("#plot > svg")) {
    const copied = part.cloneNode(true);
    copied.setAttribute("y", height);
    whole.append(copied);
    width = Math.max(width, Number(part.getAttribute("width")));
    height += Number(part.getAttribute("height")) + 6;
  }
  const legend = document.getElementById("legend").getBoundingClientRect();
  for (const entry of document.querySelectorAll("#legend li")) {
    const box = entry.getBoundingClientRect();
    const [x, y, swatch] = [box.x - legend.x, height + box.y - legend.y, entry.querySelector("svg")?.cloneNode(true)];
    if (swatch) whole.append(swatch);
    swatch?.setAttribute("x", x);
    swatch?.setAttribute("y", y + 3);
    whole.append(drawn("text", { x: x + (swatch ? 36 : 0), y: y + 15, "font-size": 14 }, entry.lastChild.textContent));
    width = Math.max(width, x + box.width + 6);
  }
  height += legend.height + 6;
  for (const [key, given] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) whole.setAttribute(key, given);
  return `${new XMLSerializer().serializeToString(whole)}\n`;
}

function saveSvg() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([svgText()], { type: "image/svg+xml" }));
  link.download = `${page.name.replaceAll("/", "-")}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Copies a text, and shows it for a browser that does not let a page copy.
async function copy(given, what) {
  const area = document.getElementById("copied-text");
  area.value = given;
  try {
    await navigator.clipboard.writeText(given);
    say(`${what} copied.`);
  } catch {
    document.getElementById("copied").open = true;
    area.focus();
    area.select();
    const done = document.execCommand("copy");
    say(done ? `${what} copied.` : `${what}: press Ctrl and C to copy what is marked.`);
  }
}
