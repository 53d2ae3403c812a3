// Builds the pages: NAME.js for each, with shared chunks; app.css, maplibre.css, MapLibre's
// worker, and the licences of what is in them.
// Everything is a file of its own: the pages' policy allows no inline script or style, and no blob.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const out = process.env.CBM_CLIENT_OUT ?? "../../include/dias_cbm/window/static";
// Further pages, for tests.
const more = process.argv.slice(2);

const common = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  // Names of chunks follow from paths: they must not depend on where node_modules really lies.
  preserveSymlinks: true,
  outdir: out,
  entryNames: "[name]",
};

const pages = await build({
  ...common,
  entryPoints: [...pagesOf("src/pages"), "src/app.css", "src/maplibre.css", ...more],
  splitting: true,
  chunkNames: "chunk-[hash]",
  jsx: "automatic",
  jsxImportSource: "preact",
});

// MapLibre 6 looks for its worker beside itself, where no bundler puts it.
const worker = await build({
  ...common,
  entryPoints: { "maplibre-worker": "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs" },
});

copyFileSync("src/icon.svg", join(out, "icon.svg"));
writeFileSync(join(out, "licences.txt"), licences([pages, worker]));

function pagesOf(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tsx"))
    .map((name) => join(folder, name));
}

/** The licence of every package of which there is something in the built files. */
function licences(builds) {
  const folders = new Set();
  for (const { metafile } of builds) {
    for (const input of Object.keys(metafile.inputs)) {
      if (input.startsWith("node_modules/")) folders.add(packageOf(input));
    }
  }
  return [...folders].sort().map(licence).join("\n\n");
}

function packageOf(path) {
  let folder = dirname(path);
  // A folder within a package may have a description of its own, without a name or version.
  while (!existsSync(join(folder, "package.json")) || !described(folder).version) {
    folder = dirname(folder);
  }
  return folder;
}

function described(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function licence(folder) {
  const { name, version, license } = described(folder);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}`;
}
