// Completion from the vocabulary in use, the names of things, and the variables of the query.
const KEYWORDS = [
  "SELECT", "DISTINCT", "WHERE", "FILTER", "OPTIONAL", "UNION", "MINUS", "GRAPH", "BIND", "VALUES", "GROUP BY",
  "ORDER BY", "HAVING", "LIMIT", "OFFSET", "ASK", "CONSTRUCT", "DESCRIBE", "COUNT", "LANG", "STR", "YEAR", "REGEX",
  "CONTAINS", "EXISTS", "NOT EXISTS", "PREFIX",
];

export function completions(service, suggest, language) {
  let known = null;

  const vocabulary = async () => {
    known ??= fetch(`${service}/vocabulary`).then((response) => response.json());
    return known;
  };

  return async function source(context) {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) return { from: variable.from, options: variablesOf(context.state.doc.toString(), variable.text) };
    const name = context.matchBefore(/[A-Za-z][\w-]*:[\w-]*/);
    const word = name ?? context.matchBefore(/[\p{L}\p{N}][\p{L}\p{N}-]*/u);
    if (!word && !context.explicit) return null;
    const typed = word?.text ?? "";
    const table = await vocabulary();
    const options = [
      ...(name ? [] : keywords(typed)),
      ...terms(table, typed, language, classesOf(context.state.doc.toString())),
      ...(typed.length > 1 || /\P{ASCII}/u.test(typed) ? await things(suggest, typed, table.prefixes, language) : []),
    ];
    const apply = insert(table.prefixes);
    return {
      from: word?.from ?? context.pos,
      filter: false,
      options: options.map((option) => (option.type === "keyword" ? option : { ...option, apply })),
    };
  };
}

function variablesOf(text, typed) {
  const found = new Set(text.match(/[?$]\w+/g));
  found.delete(typed);
  return [...found].map((label) => ({ label, type: "variable" }));
}

function keywords(typed) {
  const begun = typed.toUpperCase();
  if (!begun) return [];
  return KEYWORDS.filter((word) => word.startsWith(begun)).map((label) => ({ label, type: "keyword" }));
}

// The classes that the query names after `a`: their properties come first.
function classesOf(text) {
  return new Set([...text.matchAll(/\sa\s+([\w-]+:[\w-]+)/g)].map((match) => match[1]));
}

function terms(table, typed, language, classes) {
  const wanted = typed.toLowerCase();
  const fitting = new Set(table.classes.filter((c) => classes.has(c.name)).flatMap((c) => c.properties));
  const rank = (term) => (fitting.has(term.name) ? 2 : 0) + (term.name.toLowerCase().startsWith(wanted) ? 1 : 0);
  const matches = (term) => [term.name, term.en, term.ja].some((text) => text.toLowerCase().includes(wanted));
  const option = (type) => (term) => ({
    label: term.name, detail: term[language], info: term.definition[language] || undefined, type, term,
  });
  return [...table.properties.map(option("property")), ...table.classes.map(option("class"))]
    .filter(({ term, label }) => !label.startsWith("<") && matches(term))
    .sort((a, b) => rank(b.term) - rank(a.term) || b.term.number - a.term.number)
    .slice(0, 40);
}

// Things by name, code or reading, as the search of the site finds them; only those that have a short name.
async function things(suggest, typed, prefixes, language) {
  const response = await fetch(`${suggest}?${new URLSearchParams({ q: typed.replace(/^[\w-]+:/, ""), lang: language })}`);
  const { suggestions } = await response.json();
  return suggestions.map(({ iri, name }) => ({ label: shortened(iri, prefixes), detail: name, type: "thing" }))
    .filter(({ label }) => label);
}

function shortened(iri, prefixes) {
  const fitting = Object.entries(prefixes).filter(([, space]) => iri.startsWith(space) && /^[\w-]+$/.test(iri.slice(space.length)));
  const [prefix, space] = fitting.sort((a, b) => b[1].length - a[1].length)[0] ?? [];
  return prefix && `${prefix}:${iri.slice(space.length)}`;
}

// Puts the name in, and a PREFIX line on top where it lacks.
function insert(prefixes) {
  return (view, option, from, to) => {
    const prefix = option.label.split(":")[0];
    const changes = [{ from, to, insert: option.label }];
    let shift = 0;
    if (prefixes[prefix] && !new RegExp(`PREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString())) {
      const line = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
      changes.unshift({ from: 0, insert: line });
      shift = line.length;
    }
    view.dispatch({ changes, selection: { anchor: from + option.label.length + shift } });
  };
}
