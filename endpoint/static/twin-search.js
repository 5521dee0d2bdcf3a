// Search in a copy of plain files: every name, reading, code and item is in one file, which the browser looks through.
const MOST = 100;
const found = document.getElementById("found");
const hits = document.getElementById("hits");
const language = document.documentElement.lang;
const chosen = new URLSearchParams(location.search);
const asked = (chosen.get("q") ?? "").trim();

// As letters are compared: full width, capitals, accents and katakana do not matter.
const plain = (text) =>
  text.normalize("NFKC").toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
    .normalize("NFD").replace(/[\u0300-\u036f]/g, "").normalize("NFC");

const score = (texts, words) => {
  const all = texts.map(plain);
  if (!words.every((word) => all.some((text) => text.includes(word)))) return 0;
  const whole = words.join(" ");
  if (all.includes(whole)) return 3;
  return all.some((text) => text.startsWith(whole)) ? 2 : 1;
};

const show = (rows) => {
  const at = language === "ja" ? 1 : 0;
  const kept = chosen.has("lang") ? `?lang=${encodeURIComponent(language)}` : "";
  found.textContent = rows.length ? `${rows.length}` : found.dataset.none;
  for (const { row } of rows.slice(0, MOST)) {
    const item = hits.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    link.href = `${found.dataset.root}${row[0]}${kept}`;
    link.textContent = row[1][at];
    if (row[1][1 - at] !== row[1][at]) {
      const other = item.appendChild(document.createElement("span"));
      other.className = "other";
      other.lang = language === "ja" ? "en" : "ja";
      other.textContent = ` ${row[1][1 - at]}`;
    }
  }
};

const box = document.querySelector('input[name="q"]');
if (box) box.value = asked;
if (asked) {
  const words = plain(asked).split(/\s+/).filter(Boolean);
  const rows = await (await fetch(found.dataset.index)).json();
  show(
    rows.map((row) => ({ row, score: score([...row[1], ...row[2]], words) }))
      .filter((hit) => hit.score)
      .sort((one, other) => other.score - one.score || one.row[1][0].localeCompare(other.row[1][0])),
  );
}
