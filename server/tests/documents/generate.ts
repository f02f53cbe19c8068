// `npm run generate` writes the documents that follow from the code; with --check it only says which are out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../architecture/source-files.ts";
import { renderConfiguration } from "./configuration.ts";
import { renderEnvExample } from "./env-example.ts";
import { renderErrors } from "./errors.ts";

const isCheck = process.argv.includes("--check");
const documents = {
  ".env.example": renderEnvExample(),
  "docs/configuration.md": renderConfiguration(),
  "docs/errors.md": await renderErrors(),
};

for (const [path, text] of Object.entries(documents)) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (isCheck) {
    console.error(`${path} is out of date: run npm run generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
