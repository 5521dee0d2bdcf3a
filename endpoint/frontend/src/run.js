// Runs the query of the form: the server writes the answer, the page takes it in. Stopping ends the work there too.
import { dress } from "./outcome.js";

const LONGEST_ADDRESS = 6000;

export function runner(form, editor, words) {
  const outcome = document.querySelector("#outcome");
  const button = form.querySelector("#cancel");
  const progress = form.querySelector("#progress");
  let stop = null;

  async function start() {
    stop?.abort();
    const mine = new AbortController();
    stop = mine;
    button.hidden = false;
    progress.textContent = words("running");
    outcome.setAttribute("aria-busy", "true");
    try {
      await editor.complete(mine.signal);
      await show(await ask(mine.signal));
      progress.textContent = words("done");
    } catch (error) {
      if (stop === mine) progress.textContent = words(error.name === "AbortError" ? "cancelled" : "failed");
    }
    if (stop !== mine) return;
    stop = null;
    button.hidden = true;
    outcome.removeAttribute("aria-busy");
  }

  function ask(signal) {
    const asked = new URLSearchParams(new FormData(form));
    asked.set("view", outcome.dataset.view || "table");
    if (asked.get("view") === "table") asked.delete("view");
    const address = `${form.action.split("?")[0]}?${asked}`;
    const headers = { Accept: "text/html" };
    if (address.length > LONGEST_ADDRESS) {
      const language = asked.get("lang");
      const target = `${form.action.split("?")[0]}${language ? `?lang=${language}` : ""}`;
      return fetch(target, { method: "POST", body: asked, headers, signal });
    }
    history.pushState(null, "", address);
    return fetch(address, { headers, signal });
  }

  async function show(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("#outcome");
    if (!fresh) throw new Error("no outcome");
    outcome.replaceChildren(...fresh.childNodes);
    outcome.dataset.form = fresh.dataset.form;
    document.querySelector(".question")?.remove();
    editor.showFault(outcome.querySelector(".trouble"));
    dress(outcome, () => form.elements.query.value, form.action, words);
  }

  return { start, stop: () => stop?.abort(), get busy() { return stop !== null; } };
}
