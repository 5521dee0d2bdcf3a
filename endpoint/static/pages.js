// What pages do beside being read: copy a citation, suggest while somebody types. Everything works without it.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.classList.add("done");
  });
}

// A combobox with a listbox (WAI-ARIA 1.2): arrows choose, Enter opens, Escape closes; Enter without a choice searches.
const input = document.querySelector("input[data-suggest]");
if (input) {
  const list = document.createElement("ul");
  let chosen = -1;
  let running = null;
  let waiting = 0;
  const language = new URLSearchParams(location.search).get("lang");

  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  list.hidden = true;
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }

  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[at].id);
  };

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };

  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map((found, place) => {
      const item = document.createElement("li");
      const kind = document.createElement("small");
      item.id = `suggestion-${place}`;
      item.setAttribute("role", "option");
      item.dataset.href = found.href;
      kind.textContent = found.class;
      item.append(found.name, kind);
      return item;
    }));
    choose(-1);
    list.hidden = suggestions.length === 0;
    input.setAttribute("aria-expanded", String(suggestions.length > 0));
  };

  const suggest = async () => {
    running?.abort();
    running = new AbortController();
    const address = new URL(input.dataset.suggest, document.baseURI);
    address.searchParams.set("q", input.value);
    if (language) address.searchParams.set("lang", language);
    try {
      const answer = await fetch(address, { signal: running.signal });
      if (answer.ok) show((await answer.json()).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.isComposing) return;
    if (input.value.trim()) waiting = setTimeout(suggest, 120);
    else close();
  });
  input.addEventListener("compositionend", () => { waiting = setTimeout(suggest, 120); });
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen < last ? chosen + 1 : 0);
    else if (event.key === "ArrowUp") choose(chosen > 0 ? chosen - 1 : last);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    const item = event.target.closest("li");
    event.preventDefault();
    if (item) location.assign(item.dataset.href);
  });
  input.addEventListener("blur", close);
}
