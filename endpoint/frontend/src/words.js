// The words of the page in the reader's language, which the page brings along as JSON.
export function wordsOf(json) {
  const texts = JSON.parse(json);
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// An element with properties and children; text is text, never markup.
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
