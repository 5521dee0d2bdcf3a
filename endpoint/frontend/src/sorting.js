// Columns sort by a button in their heading: numbers as numbers, all else as words of the page's language.
import { element } from "./words.js";

export function makeSortable(table, words) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const name = heading.textContent;
    const button = element("button", { type: "button", textContent: name });
    button.setAttribute("aria-label", words("sort", { name }));
    button.addEventListener("click", () => sort(table, headings, column));
    heading.replaceChildren(button);
  });
}

function sort(table, headings, column) {
  const down = headings[column].getAttribute("aria-sort") === "ascending";
  headings.forEach((heading) => heading.removeAttribute("aria-sort"));
  headings[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column], order));
  body.append(...(down ? rows.reverse() : rows));
}

function compare(a, b, order) {
  if (a.classList.contains("figure") && b.classList.contains("figure")) return Number(worth(a)) - Number(worth(b));
  return order.compare(a.querySelector("a") ? a.textContent : worth(a), b.querySelector("a") ? b.textContent : worth(b));
}

function worth(cell) {
  return cell.dataset.value ?? cell.textContent;
}
