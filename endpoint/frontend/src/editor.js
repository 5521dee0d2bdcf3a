// CodeMirror in place of the text area. It lives in a shadow root: there its style sheets are objects, not elements,
// which is what the content policy of the page allows.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { forceLinting, lintGutter, linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completions } from "./completion.js";
import { hintsOf } from "./hints.js";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--hl-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.number, tags.bool], color: "var(--hl-string)" },
  { tag: [tags.atom, tags.meta, tags.typeName, tags.propertyName], color: "var(--hl-name)" },
  { tag: [tags.variableName, tags.standard(tags.variableName)], color: "var(--hl-variable)" },
  { tag: tags.comment, color: "var(--hl-comment)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { fontSize: ".9rem", color: "var(--ink)", backgroundColor: "var(--paper)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: 'ui-monospace, "SFMono-Regular", "Noto Sans Mono", Menlo, monospace', lineHeight: "1.55",
    minHeight: "11rem",
  },
  ".cm-content": { padding: ".6rem 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--ground)" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", marginLeft: "1rem", fontFamily: "system-ui, sans-serif" },
  ".cm-completionInfo": { maxWidth: "22rem", fontFamily: "system-ui, sans-serif", padding: ".4rem .7rem" },
  ".cm-diagnostic": { fontFamily: "system-ui, sans-serif" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--ground)" },
});

export function editorIn(area, words, run) {
  const service = area.form.action.split("?")[0];
  const host = document.createElement("div");
  host.className = "editor";
  area.before(host);
  area.hidden = true;
  // A field that nobody sees must not keep the form from being sent.
  area.required = false;
  const root = host.attachShadow({ mode: "open" });
  const hints = hintsOf(service);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        keymap.of([{ key: "Ctrl-Enter", mac: "Cmd-Enter", run: () => { run(); return true; } }]),
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
        highlightActiveLine(), lintGutter(), StreamLanguage.define(sparql), syntaxHighlighting(colours), look,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": words("editor"), lang: "en", spellcheck: "false" }),
        autocompletion({ override: [completions(service, area.form.dataset.suggest, document.documentElement.lang)], icons: false }),
        linter(hints.source, { delay: 400 }),
        // Tab is left to the browser: whoever uses a keyboard has to get out of the editor.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  document.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => view.focus());

  function setText(text) {
    if (text === view.state.doc.toString()) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  }

  return {
    get text() { return area.value; },
    set text(text) { setText(text); },
    // Fills in the PREFIX lines that are known.
    async complete(signal) {
      setText((await hints.ask(area.value, signal)).completed);
    },
    // Marks the place that an error message of the server names.
    showFault(trouble) {
      const line = Number(trouble?.dataset.line);
      hints.fault = null;
      if (line >= 1 && line <= view.state.doc.lines) {
        const { from, to } = view.state.doc.line(line);
        const start = Math.min(from + Number(trouble.dataset.column) - 1, to);
        hints.fault = { from: start, to, message: trouble.querySelector(".detail").textContent, text: area.value };
        view.dispatch({ selection: { anchor: start }, scrollIntoView: true });
        view.focus();
      }
      forceLinting(view);
    },
  };
}
