// Builds the package: one file of JavaScript for Node 20 and one of types, out of ours and of the server's parts that it needs.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "tsdown";

const COMMON_PASSWORDS = join("server", "src", "modules", "identity", "passwords", "common-passwords.txt");

export default defineConfig({
  entry: "src/index.ts",
  format: "esm",
  platform: "node",
  target: "node20",
  dts: true,
  fixedExtension: false,
  deps: { neverBundle: /^[^./]/ }, // what npm brings stays with npm
  treeshake: { moduleSideEffects: false },
  hooks: {
    // It is read from beside the code.
    "build:done": () =>
      copyFileSync(
        join(import.meta.dirname, "..", COMMON_PASSWORDS),
        join(import.meta.dirname, "dist", "common-passwords.txt"),
      ),
  },
});
