// Bundles every file of entries/ into ../static/bundle, named by content, and writes which name each entry got.
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const here = import.meta.dirname;
const target = join(here, "..", "static", "bundle");
const fresh = `${target}.new`;
const entries = readdirSync(join(here, "entries")).filter((name) => name.endsWith(".js")).sort();

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => `entries/${name}`),
  outdir: fresh,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  legalComments: "none",
  target: ["es2022"],
  charset: "utf8",
  loader: { ".rq": "text" },
  metafile: true,
  logLevel: "warning",
});

const files = {};
for (const [path, output] of Object.entries(metafile.outputs)) {
  // What is loaded on demand is an entry point of its own for the bundler, but no page names it.
  if (output.entryPoint?.startsWith("entries/")) files[basename(output.entryPoint)] = basename(path);
}
writeFileSync(join(fresh, "LICENSES.txt"), licences(Object.keys(metafile.inputs)));
writeFileSync(join(fresh, "manifest.json"), `${JSON.stringify({ sources: process.argv[2] ?? "", files }, null, 1)}\n`);
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);

// The licence texts of the packages whose code is in the bundle: their terms ask for it.
function licences(inputs) {
  const found = inputs.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean);
  return [...new Set(found)].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  }).join("\n----\n\n");
}
