// Limits of size: beyond them a reader can no longer hold a file or a function in mind.
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type SourceFile, walk } from "./source-files.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const PARAMETERS_MAX = 3;
const FILES_PER_FOLDER_MAX = 25;

export const SIZE_RULES: readonly Rule[] = [
  {
    name: `a file has at most ${FILE_LINES_MAX} lines`,
    find: ({ sources }) =>
      sources.flatMap((file) => {
        const lines = file.text.trimEnd().split("\n").length;
        return lines > FILE_LINES_MAX ? [{ file: file.path, line: 1, what: `has ${lines} lines` }] : [];
      }),
  },
  {
    name: `a function has at most ${FUNCTION_LINES_MAX} lines`,
    find: ({ sources }) => sources.flatMap(findLongFunctions),
  },
  {
    name: `a function takes at most ${PARAMETERS_MAX} parameters`,
    find: ({ sources }) => sources.flatMap(findLongParameterLists),
  },
  {
    name: `a folder has at most ${FILES_PER_FOLDER_MAX} files of code, its tests left out`,
    find: ({ sources }) => findCrowdedFolders(sources),
  },
];

function findCrowdedFolders(sources: readonly SourceFile[]): Finding[] {
  const folders = Map.groupBy(
    sources.filter(({ path }) => !/\.test\.tsx?$/.test(path)), // what tests share is code too
    ({ path }) => path.slice(0, path.lastIndexOf("/")),
  );
  return [...folders]
    .filter(([, files]) => files.length > FILES_PER_FOLDER_MAX)
    .map(([file, files]) => ({ file, line: 1, what: `has ${files.length} files` }));
}

function findLongFunctions(file: SourceFile): Finding[] {
  return findFunctions(file).flatMap((node) => {
    const end = file.tree.getLineAndCharacterOfPosition(node.end).line + 1;
    const lines = end - lineOf(file, node) + 1;
    if (lines <= FUNCTION_LINES_MAX || isSuite(node)) return [];
    return [{ file: file.path, line: lineOf(file, node), what: `${nameOf(node)} has ${lines} lines` }];
  });
}

function findLongParameterLists(file: SourceFile): Finding[] {
  return findFunctions(file).flatMap((node) => {
    const count = node.parameters.filter((parameter) => parameter.name.getText(file.tree) !== "this").length;
    if (count <= PARAMETERS_MAX) return [];
    return [{ file: file.path, line: lineOf(file, node), what: `${nameOf(node)} takes ${count} parameters` }];
  });
}

function findFunctions(file: SourceFile): ts.FunctionLikeDeclaration[] {
  return [...walk(file.tree)].filter(
    (node): node is ts.FunctionLikeDeclaration =>
      ts.isFunctionLike(node) && "body" in node && node.body !== undefined,
  );
}

/** The callback of `describe("...", () => {...})` groups tests; its length says nothing. */
function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : "a function";
}
