// Rows with dates in the order of time: a bar from first to last day, a dot for a single one.
import * as Plot from "@observablehq/plot";
import { colours, columnsOf, dateOf, label, put } from "./drawing.js";
import { element } from "./words.js";

export async function draw(answer, parts, { words }) {
  const dates = columnsOf(answer, dateOf);
  if (!dates.length) {
    parts.drawing.replaceChildren(words("no-date"));
    return;
  }
  const [first, last = first] = dates;
  const named = answer.names.filter((name) => !dates.includes(name));
  const rows = answer.rows.filter((row) => row[first]).map((row) => {
    const start = dateOf(row[first]);
    const end = dateOf(row[last]) ?? start;
    return { start, end: end < start ? start : end, name: named.map((name) => label(row[name])).filter(Boolean).join(" · ") };
  }).sort((a, b) => a.start - b.start);
  const { accent, ink, line } = colours();
  const places = rows.map((row, number) => ({ ...row, number }));
  put(parts.drawing, {
    height: rows.length * 22 + 50, marginLeft: 20, marginTop: 30,
    x: { type: "utc", axis: "top", grid: true, label: null }, y: { axis: null, domain: [-0.5, rows.length - 0.5], reverse: true },
    marks: [
      Plot.ruleY(places, { y: "number", x1: "start", x2: "end", stroke: accent, strokeWidth: 6, strokeLinecap: "round" }),
      Plot.dot(places, { y: "number", x: "start", fill: accent, r: 4 }),
      Plot.text(places.filter(early(rows)), { y: "number", x: "end", text: "name", dx: 10, textAnchor: "start", fill: ink, stroke: "none" }),
      Plot.text(places.filter((row) => !early(rows)(row)), { y: "number", x: "start", text: "name", dx: -10, textAnchor: "end", fill: ink }),
      Plot.frame({ anchor: "bottom", stroke: line }),
    ],
  }, `${first} – ${last}`);
  parts.caption.prepend(element("span", { textContent: words("drawn", { number: rows.length, total: answer.rows.length }) }));
}

// Names stand where there is room: right of what is early, left of what is late.
function early(rows) {
  const begin = rows[0].start.getTime();
  const middle = begin + (Math.max(...rows.map((row) => row.end.getTime())) - begin) / 2;
  return (row) => row.start.getTime() <= middle;
}
