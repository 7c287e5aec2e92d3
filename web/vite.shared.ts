import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The workspaces take each other's sources, so that nothing needs to be built before. */
export const aliases = {
  "@baton/client": here("./client/src/index.ts"),
  "@baton/shared": here("./shared/src"),
};

/** What browsers the pages are for: those of the last two years. */
const target = "es2022";

/**
 * An ES module for other pages, under `/lib/NAME.js`, with a source map and without dependencies.
 *
 * @param entry the module's source, from the workspace's folder
 * @param name the file's name without its ending
 * @param outDir where it goes, from the workspace's folder
 */
export const library = (entry: string, name: string, outDir = "dist"): UserConfig => ({
  resolve: { alias: aliases },
  build: {
    target,
    outDir,
    sourcemap: true,
    minify: false,
    lib: { entry, formats: ["es"], fileName: () => `${name}.js` },
  },
});

/**
 * A page, whose files have names with a hash. Its index.html may hold no script or style of its own: the
 * Content-Security-Policy allows none.
 *
 * @param base the folder that it is served under, such as `/ccp-v2/`
 * @param outDir where it goes, from the workspace's folder
 */
export const page = (base: string, outDir = "dist"): UserConfig => ({
  base,
  resolve: { alias: aliases },
  build: {
    target,
    outDir,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
