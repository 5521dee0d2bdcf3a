// What all pictures share: colours of the page, and Plot without the style elements that the content policy refuses.
import * as Plot from "@observablehq/plot";

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: colour("ink"), soft: colour("soft"), line: colour("line"), accent: colour("accent"), paper: colour("paper"),
    warm: colour("curation") };
}

export function put(drawing, options, label) {
  const { ink } = colours();
  const width = Math.max(300, Math.min(drawing.clientWidth || 640, 960));
  const svg = Plot.plot({ width, ...options, className: "plot", style: { background: "none", color: ink, overflow: "visible" } });
  svg.querySelectorAll("style").forEach((style) => style.remove());
  // One picture with one name: what its parts are called is for nobody.
  svg.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("font-size", "12");
  drawing.replaceChildren(svg);
  return svg;
}

export function numberOf(term) {
  const isNumber = /(integer|decimal|double|float|int|long|short|byte)$/i.test(term?.datatype ?? "");
  return isNumber ? Number(term.value) : NaN;
}

export function dateOf(term) {
  if (!/(date|dateTime|gYear|gYearMonth)$/.test(term?.datatype ?? "")) return null;
  const date = new Date(/gYear$/.test(term.datatype) ? `${term.value.slice(0, 4)}-01-01` : term.value);
  return Number.isNaN(date.getTime()) ? null : date;
}

// Columns in which every value that is there fits.
export function columnsOf(answer, fits) {
  return answer.names.filter((name) => {
    const values = answer.rows.map((row) => row[name]).filter(Boolean);
    return values.length > 0 && values.every(fits);
  });
}

export const label = (term) => (term ? term.text : "");
