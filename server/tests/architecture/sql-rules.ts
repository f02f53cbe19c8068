// How SQL is written: every column by its name, on lines that fit beside each other. The formatter does not look into
// template strings, so these rules do.
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type Project, type SourceFile, walk } from "./source-files.ts";

const LINE_MAX = 110;
// A star that begins a list or is an item of one; `count(*)` and a product are something else.
const STAR = /(\b(?:select|returning)(?:\s+(?:all|distinct))?|,)\s+(?:[a-z_]+\.)?\*/i;

export const SQL_RULES: readonly Rule[] = [
  {
    name: "SQL names the columns that it reads",
    find: (project) => findSql(project).flatMap(findStar),
  },
  {
    name: `SQL stands on lines of at most ${LINE_MAX} characters`,
    find: (project) => findSql(project).flatMap(findLongLines),
  },
  {
    name: `migrations stand on lines of at most ${LINE_MAX} characters`,
    find: findLongMigrationLines,
  },
];

interface SqlText {
  readonly file: SourceFile;
  readonly node: ts.Node;
}

/** Tagged templates, and in stores every other template and string too: parts of statements are kept there. */
function findSql({ sources }: Project): SqlText[] {
  return sources
    .filter((file) => file.path.startsWith("server/src/") && !file.isTest)
    .flatMap((file) =>
      [...walk(file.tree)].filter((node) => isSql(file, node)).map((node) => ({ file, node })),
    );
}

function isSql(file: SourceFile, node: ts.Node): boolean {
  if (ts.isTemplateLiteral(node)) return isTaggedSql(node) || isStore(file) || isSentAsText(node);
  return ts.isStringLiteral(node) && (isStore(file) || isSentAsText(node));
}

function isTaggedSql({ parent }: ts.TemplateLiteral): boolean {
  return ts.isTaggedTemplateExpression(parent) && !/\bString\.raw$/.test(parent.tag.getText());
}

function isStore(file: SourceFile): boolean {
  return /(^|[/-])store\.ts$/.test(file.path);
}

function isSentAsText({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && /\.(unsafe|simple)$/.test(parent.expression.getText());
}

function findStar({ file, node }: SqlText): Finding[] {
  const star = STAR.exec(node.getText());
  if (star === null) return [];
  const line = lineAt(file, node.getStart() + star.index);
  return [{ file: file.path, line, what: "asks for whatever columns there are" }];
}

function findLongLines({ file, node }: SqlText): Finding[] {
  const [first, last] = [lineOf(file, node), lineAt(file, node.end)];
  return findLongLinesIn(file.path, file.text).filter(({ line }) => line >= first && line <= last);
}

function findLongMigrationLines({ texts }: Project): Finding[] {
  return [...texts]
    .filter(([path]) => path.startsWith("server/migrations/"))
    .flatMap(([path, text]) => findLongLinesIn(path, text));
}

function findLongLinesIn(file: string, source: string): Finding[] {
  return source.split("\n").flatMap((text, index) => {
    if (text.length <= LINE_MAX) return [];
    return [{ file, line: index + 1, what: `is ${text.length} characters wide` }];
  });
}

function lineAt(file: SourceFile, position: number): number {
  return file.tree.getLineAndCharacterOfPosition(position).line + 1;
}
