// What scripts add to an answer: sorting, pictures, copying.
import { showPictures } from "./pictures.js";
import { makeSortable } from "./sorting.js";
import { element } from "./words.js";

export function dress(outcome, query, action, words) {
  outcome.querySelectorAll("[data-program]").forEach((program) => addCopy(program, words));
  const table = outcome.querySelector("table.results");
  if (!table) return;
  makeSortable(table, words);
  showPictures(outcome, table, query, action, words);
}

function addCopy(program, words) {
  const button = element("button", { type: "button", className: "copy", textContent: words("copy") });
  const heading = document.getElementById(program.getAttribute("aria-labelledby"));
  button.setAttribute("aria-label", `${words("copy")}: ${heading.textContent}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(program.textContent);
    button.textContent = words("copied");
  });
  heading.after(button);
}
