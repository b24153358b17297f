// What can be taken out of the page: lines of the CSV, the figure, the panel as Python, a link.

// Lines of summary.csv as they stand there, with its header.
function csvOf(rows) {
  const lines = rows.map((i) => names.map((name) => field(name, i)).join(","));
  return [names.join(","), ...lines].map((line) => `${line}\n`).join("");
}

// The figure by itself, as a file that other programs read.
function svgText() {
  const drawn = document.querySelector("#plot > svg").cloneNode(true);
  drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawn.setAttribute("font-family", "sans-serif");
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = `${page.name}: ${document.getElementById("title").textContent}; summary.csv SHA-256 ${page.sha}`;
  drawn.prepend(title);
  return `${new XMLSerializer().serializeToString(drawn)}\n`;
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
