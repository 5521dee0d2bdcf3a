// The answer as chart, map or timeline, drawn from the whole answer and not only from the rows on the page.
import { element } from "./words.js";

const drawers = {
  chart: () => import("./chart.js"),
  map: () => import("./map.js"),
  timeline: () => import("./timeline.js"),
};

export function showPictures(outcome, table, query, action, words) {
  const buttons = [...outcome.querySelectorAll(".views button")];
  const figure = outcome.querySelector(".picture");
  const rows = outcome.querySelector(".rows");
  let answer = null;
  outcome.querySelector(".views").hidden = false;

  async function show(name) {
    outcome.dataset.view = name;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === name)));
    keepInAddress(name, query());
    figure.hidden = name === "table";
    rows.hidden = name !== "table";
    if (name === "table") return;
    const parts = {
      choices: figure.querySelector(".choices"), drawing: figure.querySelector(".drawing"),
      caption: figure.querySelector("figcaption"),
    };
    parts.choices.replaceChildren();
    parts.caption.replaceChildren();
    parts.drawing.replaceChildren(words("drawing"));
    answer ??= take(action, query(), namesOf(table));
    const { draw } = await drawers[name]();
    await draw(await answer, parts, { words, service: action.split("?")[0] });
    addSaving(parts, words);
  }

  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset.view)));
  const wanted = outcome.dataset.view;
  if (wanted && wanted !== "table") show(wanted);
}

// The names that the table shows for addresses.
function namesOf(table) {
  const cells = [...table.querySelectorAll("td[data-value]")].filter((cell) => cell.querySelector("a"));
  return new Map(cells.map((cell) => [cell.dataset.value, cell.querySelector("a").textContent]));
}

async function take(action, query, names) {
  const response = await fetch(action.split("?")[0], {
    method: "POST",
    headers: { Accept: "application/sparql-results+json" },
    body: new URLSearchParams({ query }),
  });
  const { head, results } = await response.json();
  const rows = results.bindings.map((row) => Object.fromEntries(Object.entries(row).map(([name, term]) => [name, {
    ...term, text: names.get(term.value) ?? term.value.replace(/^.*[/#](?=.)/, (path) => (term.type === "uri" ? "" : path)),
  }])));
  return { names: head.vars, rows };
}

function keepInAddress(view, query) {
  const address = new URL(location.href);
  if (!address.searchParams.get("query") || address.searchParams.get("query") !== query) return;
  if (view === "table") address.searchParams.delete("view");
  else address.searchParams.set("view", view);
  history.replaceState(null, "", address);
}

function addSaving({ drawing, caption }, words) {
  const svg = drawing.querySelector("svg");
  if (!svg) return;
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "sans-serif");
  const text = new XMLSerializer().serializeToString(copy);
  const href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  caption.append(element("a", { href, download: "jichi.svg", textContent: words("save") }));
}
