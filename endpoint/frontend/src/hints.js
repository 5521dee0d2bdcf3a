// The server's remarks on a query as marks in the editor, with what may be put in their place.

export function hintsOf(service) {
  const hints = {
    // Where the query that was run could not be read, as long as it stays as it was.
    fault: null,

    async ask(text, signal) {
      const language = new URLSearchParams(location.search).get("lang");
      const body = new URLSearchParams({ query: text });
      const address = `${service}/hints${language ? `?lang=${language}` : ""}`;
      const response = await fetch(address, { method: "POST", body, signal });
      return response.json();
    },

    async source(view) {
      const text = view.state.doc.toString();
      if (!text.trim()) return [];
      const { remarks } = await hints.ask(text);
      const found = remarks.map((remark) => diagnostic(remark, text));
      const { fault } = hints;
      if (fault?.text === text) found.push({ ...fault, severity: "error" });
      return found;
    },
  };
  return hints;
}

function diagnostic(remark, text) {
  return {
    from: units(text, remark.start),
    to: units(text, remark.end),
    severity: remark.code === "prefix-missing" ? "info" : "warning",
    message: remark.text,
    actions: remark.inserts.map((name) => ({
      name,
      apply: (view, from, to) => view.dispatch({ changes: { from, to, insert: name } }),
    })),
  };
}

// The server counts characters, the editor UTF-16 code units.
function units(text, characters) {
  let position = 0;
  for (let number = 0; number < characters && position < text.length; number += 1) {
    position += text.codePointAt(position) > 0xffff ? 2 : 1;
  }
  return position;
}
