// Builds every page and library of the workspaces, and gathers their files, with compressed copies, in one folder.
//
//   node tools/build.mjs FOLDER

import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = resolve(process.argv[2] ?? "");
if (process.argv.length !== 3) throw new Error("usage: node tools/build.mjs FOLDER");

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Runs a tool of node_modules with this very Node.js; what it says is shown only when it fails. */
function run(tool, args, cwd) {
  try {
    execFileSync(process.execPath, [join(web, "node_modules", tool), ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    throw new Error(`${tool} ${args.join(" ")} failed in ${cwd}`, { cause: error });
  }
}

const { workspaces } = JSON.parse(await readFile(join(web, "package.json"), "utf8"));
for (const workspace of workspaces) {
  const folder = join(web, workspace);
  await rm(join(folder, "dist"), { recursive: true, force: true });
  // A workspace with several outputs has several of them: vite.config.ts, vite.page.config.ts.
  for (const config of (await readdir(folder)).filter((name) =>
    /^vite\..*config\.ts$|^vite\.config\.ts$/.test(name),
  )) {
    run("vite/bin/vite.js", ["build", "--logLevel", "warn", "--config", config], folder);
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const { from, at } of JSON.parse(await readFile(join(web, "pages.json"), "utf8"))) {
  const source = join(web, from);
  if (await exists(source)) await cp(source, join(out, at), { recursive: true });
}

const compressors = {
  br: (content) =>
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gz: (content) => promisify(gzip)(content, { level: 9 }),
};
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const content = await readFile(path);
  for (const [ending, compress] of Object.entries(compressors)) {
    const packed = await compress(content);
    // What hardly shrinks, such as a picture, is served as it is.
    if (packed.length < content.length * 0.9) await writeFile(`${path}.${ending}`, packed);
  }
}
if (!(await exists(join(out, "index.html"))))
  throw new Error("there is no desktop/dist/index.html");
