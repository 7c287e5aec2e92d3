import { defineConfig } from "vitest/config";
import { aliases } from "./vite.shared.ts";

/** The unit tests of all workspaces: `*.test.ts` beside what they test. */
export default defineConfig({
  resolve: { alias: aliases },
  test: { include: ["*/src/**/*.test.ts", "*/src/**/*.test.tsx"], environment: "node" },
});
