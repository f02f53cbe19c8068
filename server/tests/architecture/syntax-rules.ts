// What is not written here although the language allows it. Biome refuses `any`, `!`, enums and default exports; these
// rules refuse the rest, and every way of silencing a check.
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { findComments, lineOf, type SourceFile, walk } from "./source-files.ts";

const ESCAPE = /@ts-(ignore|expect-error|nocheck)|biome-ignore|v8 ignore|eslint-disable/;
const UNFINISHED = /\b(TODO|FIXME|HACK|XXX)\b/;
const SKIPPED = /^(it|test|describe|bench)(\.\w+)*\.(skip|only|todo|fails)$|^x(it|describe|test)$/;
const DECLARATIONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.ModuleDeclaration,
]);

export const SYNTAX_RULES: readonly Rule[] = [
  {
    // The library's classes are what programs beside the server call: their names come from there.
    name: "classes are errors, values with behavior, or faces of the library",
    find: ({ sources }) =>
      sources.filter((file) => !/^(server\/src\/values|library\/src)\//.test(file.path)).flatMap(findClasses),
  },
  {
    name: "importing a file does nothing and makes no shared state",
    find: ({ sources }) => sources.filter(isImported).flatMap(findImportEffects),
  },
  {
    name: "every file but a test opens with a comment that says what it is for",
    find: ({ sources }) =>
      sources
        .filter((file) => !/\.test\.tsx?$/.test(file.path) && !/^(#!.*\n)?\s*\/[/*]/.test(file.text))
        .map((file) => ({ file: file.path, line: 1, what: "opens without a comment" })),
  },
  {
    name: "no comment silences a check (the list of exceptions is exceptions.ts)",
    find: ({ sources }) => sources.flatMap((file) => findInComments(file, ESCAPE, "silences a check")),
  },
  {
    name: "nothing is left unfinished by its own words",
    find: ({ sources }) =>
      sources.flatMap((file) => findInComments(file, UNFINISHED, "marks unfinished work")),
  },
  {
    name: "no test is skipped, focused or still to be written",
    find: ({ sources }) => sources.flatMap(findSkippedTests),
  },
  {
    name: "tests of a rule never sleep: they inject the clock",
    find: ({ sources }) =>
      sources
        .filter((file) => /^server\/src\/(values|modules)\/.*\.test\.ts$/.test(file.path))
        .flatMap(findSleeps),
  },
];

/** Programs (entry points, tests, benches, examples) run when loaded; everything else is only imported. */
function isImported(file: SourceFile): boolean {
  return file.path.startsWith("server/src/") && !file.isTest && file.path !== "server/src/main.ts";
}

function findClasses(file: SourceFile): Finding[] {
  return [...walk(file.tree)].filter(ts.isClassLike).flatMap((node) => {
    const bases =
      node.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.expression.getText())) ?? [];
    if (bases.some((base) => base.endsWith("Error"))) return [];
    return [{ file: file.path, line: lineOf(file, node), what: `class ${node.name?.text ?? ""} is neither` }];
  });
}

function findImportEffects(file: SourceFile): Finding[] {
  return file.tree.statements.flatMap((statement) => {
    const what = describeEffect(statement);
    return what === undefined ? [] : [{ file: file.path, line: lineOf(file, statement), what }];
  });
}

function describeEffect(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) {
    if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0)
      return "keeps state in a variable of the file";
    return awaitsAtTop(statement) ? "awaits while being imported" : undefined;
  }
  return DECLARATIONS.has(statement.kind) ? undefined : "runs while being imported";
}

function awaitsAtTop(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  return ts.isAwaitExpression(node) || (ts.forEachChild(node, awaitsAtTop) ?? false);
}

function findInComments(file: SourceFile, pattern: RegExp, what: string): Finding[] {
  return findComments(file)
    .filter((comment) => pattern.test(comment.text))
    .map((comment) => ({ file: file.path, line: comment.line, what }));
}

function findSkippedTests(file: SourceFile): Finding[] {
  return findCalls(file, (callee) => SKIPPED.test(callee));
}

function findSleeps(file: SourceFile): Finding[] {
  return findCalls(file, (callee) => /^(setTimeout|sleep|timers\.setTimeout)$/.test(callee));
}

function findCalls(file: SourceFile, isMatch: (callee: string) => boolean): Finding[] {
  return [...walk(file.tree)]
    .filter(ts.isCallExpression)
    .filter((call) => isMatch(call.expression.getText()))
    .map((call) => ({
      file: file.path,
      line: lineOf(file, call),
      what: `calls ${call.expression.getText()}`,
    }));
}
