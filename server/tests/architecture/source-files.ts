// Reads the project's own files and parses the TypeScript among them, so that a rule is a plain function over files.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import ts from "typescript";

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly isTest: boolean;
}

export interface Project {
  readonly sources: readonly SourceFile[];
  /** Every file's text by path: sources, SQL, documents and manifests. */
  readonly texts: ReadonlyMap<string, string>;
}

export const ROOT = join(import.meta.dirname, "..", "..", "..");

const FOLDERS = ["server", "library", "bench", "examples", "client", "console", "docs"];
const SKIPPED = new Set(["node_modules", "dist", "data", "coverage", "generated"]);
const SOURCE = new Set([".ts", ".tsx", ".mjs", ".cjs"]);
const READ = new Set([...SOURCE, ".sql", ".md", ".json"]);

/** Reads the files below the project's folders and those at its root. */
export function readProject(): Project {
  const texts: Record<string, string> = {};
  const top = readdirSync(ROOT).filter((name) => statSync(join(ROOT, name)).isFile());
  const folders = readdirSync(ROOT).filter((name) => FOLDERS.includes(name));
  for (const path of [...top, ...folders.flatMap(listFiles)]) {
    if (READ.has(extname(path))) texts[path] = readFileSync(join(ROOT, path), "utf8");
  }
  return parseProject(texts);
}

/** Makes a project of texts by path: of the files on disk, or of a sample in a rule's own test. */
export function parseProject(texts: Readonly<Record<string, string>>): Project {
  const sources = Object.entries(texts)
    .filter(([path]) => SOURCE.has(extname(path)))
    .map(([path, text]) => parseFile(path, text));
  return { sources, texts: new Map(Object.entries(texts)) };
}

export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1;
}

/** Every node below `file`, parents before children. */
export function* walk(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  for (const child of children) yield* walk(child);
}

/** The comments of a file with the line each begins on. */
export function findComments(file: SourceFile): { text: string; line: number; lineCount: number }[] {
  const ranges = new Map<number, number>();
  collectComments(file, file.tree, ranges);
  return [...ranges].map(([start, end]) => {
    const line = file.tree.getLineAndCharacterOfPosition(start).line + 1;
    const text = file.text.slice(start, end);
    return { text, line, lineCount: text.split("\n").length };
  });
}

function collectComments(file: SourceFile, node: ts.Node, ranges: Map<number, number>): void {
  const leading = ts.getLeadingCommentRanges(file.text, node.pos) ?? [];
  const trailing = ts.getTrailingCommentRanges(file.text, node.end) ?? [];
  if (node.kind !== ts.SyntaxKind.JsxText)
    for (const range of [...leading, ...trailing]) ranges.set(range.pos, range.end);
  for (const child of node.getChildren(file.tree)) collectComments(file, child, ranges);
}

function parseFile(path: string, text: string): SourceFile {
  const kind = { ".ts": ts.ScriptKind.TS, ".tsx": ts.ScriptKind.TSX }[extname(path)] ?? ts.ScriptKind.JS;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  return { path, text, tree, isTest: /\.test\.tsx?$/.test(path) || path.includes("/tests/") };
}

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    );
}
