// The query workbench: an editor in place of the text area, answers without leaving the page, pictures, copying.
import { editorIn } from "../src/editor.js";
import { dress } from "../src/outcome.js";
import { runner } from "../src/run.js";
import { wordsOf } from "../src/words.js";

const form = document.querySelector("#workbench");
const words = wordsOf(form.dataset.words);
const area = form.querySelector("textarea");
const editor = editorIn(area, words, () => form.requestSubmit());
const run = runner(form, editor, words);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run.start();
});
form.querySelector("#cancel").addEventListener("click", () => run.stop());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && run.busy) run.stop();
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".repair")) return;
  event.preventDefault();
  editor.text = event.target.elements.query.value;
  run.start();
});
window.addEventListener("popstate", () => window.location.reload());
editor.showFault(document.querySelector("#outcome .trouble"));
dress(document.querySelector("#outcome"), () => area.value, form.action, words);
