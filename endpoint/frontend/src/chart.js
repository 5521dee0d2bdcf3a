// Bars, a line or dots: one column of numbers over another column.
import * as Plot from "@observablehq/plot";
import { colours, columnsOf, dateOf, label, numberOf, put } from "./drawing.js";
import { element } from "./words.js";

const MOST_BARS = 60;

export async function draw(answer, parts, { words }) {
  const numbers = columnsOf(answer, (term) => !Number.isNaN(numberOf(term)));
  if (!numbers.length) {
    parts.drawing.replaceChildren(words("no-number"));
    return;
  }
  const others = answer.names.filter((name) => !numbers.includes(name));
  const across = [...others, ...numbers];
  const measures = [...numbers].reverse();
  const start = { across: across[0] === measures[0] && across[1] ? across[1] : across[0], measure: measures[0], kind: "bars" };
  const redraw = () => paint(answer, parts, start, words);
  parts.choices.replaceChildren(
    choice(words("across"), across.map((name) => [name, name]), start, "across", redraw),
    choice(words("measure"), measures.map((name) => [name, name]), start, "measure", redraw),
    choice(words("kind"), ["bars", "line", "dots"].map((kind) => [kind, words(kind)]), start, "kind", redraw),
  );
  redraw();
}

function choice(text, options, values, key, changed) {
  const select = element("select", {}, ...options.map(([value, name]) => element("option", { value, textContent: name })));
  select.value = values[key];
  select.addEventListener("change", () => { values[key] = select.value; changed(); });
  return element("label", {}, text, select);
}

function paint(answer, parts, { across, measure, kind }, words) {
  const { accent, line } = colours();
  const rows = answer.rows.filter((row) => row[across] && row[measure]).slice(0, kind === "bars" ? MOST_BARS : undefined)
    .map((row) => ({ x: dateOf(row[across]) ?? label(row[across]), y: numberOf(row[measure]) }));
  const ordered = rows.length > 0 && rows.every(({ x }) => x instanceof Date || /^-?\d+(\.\d+)?$/.test(x));
  const points = ordered ? rows.map(({ x, y }) => ({ x: x instanceof Date ? x : Number(x), y })) : rows;
  const name = `${measure} / ${across}`;
  if (kind === "bars" && !ordered) paintRows(points, parts, measure, name);
  else {
    const mark = kind === "line" ? Plot.lineY(points, { x: "x", y: "y", stroke: accent, strokeWidth: 2, marker: true })
      : kind === "dots" ? Plot.dot(points, { x: "x", y: "y", fill: accent })
        : Plot.barY(points.map(({ x, y }) => ({ x: x instanceof Date ? x.toISOString().slice(0, 10) : x, y })), { x: "x", y: "y", fill: accent });
    const x = kind === "bars" ? { label: across, tickFormat: (value) => String(value) }
      : { label: across, tickFormat: ordered && typeof points[0].x === "number" ? (value) => (Number.isInteger(value) ? String(value) : "") : undefined };
    put(parts.drawing, { height: 340, marginBottom: 40, x, y: scale(points, measure), marks: [mark, Plot.ruleY([0], { stroke: line })] }, name);
  }
  const note = parts.caption.querySelector("span") ?? element("span");
  note.textContent = words("drawn", { number: rows.length, total: answer.rows.length });
  parts.caption.prepend(note);
}

// Of small counts whole numbers only: there is no half a seminar.
function scale(points, label) {
  const most = Math.max(1, ...points.map(({ y }) => y));
  const counts = most < 10 && points.every(({ y }) => Number.isInteger(y));
  return { label, grid: true, ...(counts && { ticks: most }) };
}

// Names need room: bars that lie down, with the name at their left.
function paintRows(points, parts, measure, name) {
  const { accent, ink, line } = colours();
  const longest = Math.max(...points.map(({ x }) => [...x].reduce((sum, sign) => sum + (sign > "ÿ" ? 12 : 6.6), 0)));
  const marks = [
    Plot.barX(points, { x: "y", y: "x", fill: accent }),
    Plot.text(points, { x: "y", y: "x", text: (point) => point.y.toLocaleString(), dx: 4, textAnchor: "start", fill: ink }),
    Plot.ruleX([0], { stroke: line }),
  ];
  put(parts.drawing, {
    marginLeft: Math.min(longest + 14, 260), marginRight: 40, height: points.length * 24 + 60,
    x: scale(points, measure), y: { label: null, domain: [...new Set(points.map(({ x }) => x))] }, marks,
  }, name);
}
