import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, readProject } from "./source-files.ts";

/** Where a document's paths may begin: at the root, in the program, or beside the document. */
const BASES = ["", "server/src", "server"];
const PATH = /`([\w@.-]+(?:\/[\w@.-]+)*\/?(?:\.(?:ts|mjs|sql|md|sh|json)|\/))`/g;

const texts = readProject().texts;
const documents = [...texts]
  .filter(([path]) => path.endsWith("README.md") || path === "ARCHITECTURE.md" || path === "CONTRIBUTING.md")
  .filter(([path]) => !path.startsWith("examples/"));

it.each(documents.map(([path, text]) => ({ path, text })))(
  "$path names only files and folders that exist",
  ({ path, text }) => {
    const named = [...text.matchAll(PATH)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !isThere(name, path))).toEqual([]);
  },
);

/** A bare name in a module's README is a file anywhere in that module; elsewhere a path is whole, or a name that says enough. */
function isThere(name: string, document: string): boolean {
  const bases = [...BASES, dirname(document)];
  if (bases.some((base) => existsSync(join(ROOT, base, name)))) return true;
  const area = document.includes("/") ? `${dirname(document)}/` : "";
  return [...texts.keys()].some((path) => path.startsWith(area) && path.endsWith(`/${name}`));
}
