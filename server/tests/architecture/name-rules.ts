// Names: of files, folders, functions and types. A name says what a thing is in the words of the field.
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type SourceFile, walk } from "./source-files.ts";

const FOLDERS_REFUSED = new Set([
  "services",
  "repositories",
  "dto",
  "entities",
  "helpers",
  "utils",
  "common",
  "shared",
]);
const WORDS_REFUSED = new Set(["info", "manager", "helper", "helpers", "util", "utils"]);
const VERBS_REFUSED = new Set(["process", "handle", "manage", "execute"]);
const FILE_NAME = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.(ts|tsx|mjs|cjs)$/;

export const NAME_RULES: readonly Rule[] = [
  {
    name: "source files have names in kebab-case",
    find: ({ sources }) =>
      sources
        .filter((file) => !FILE_NAME.test(baseName(file.path)))
        .map((file) => at(file.path, "is not kebab-case")),
  },
  {
    name: `no folder is called ${[...FOLDERS_REFUSED].join(", ")}`,
    find: ({ texts }) =>
      [...texts.keys()]
        .filter((path) =>
          path
            .split("/")
            .slice(0, -1)
            .some((folder) => FOLDERS_REFUSED.has(folder)),
        )
        .map((path) => at(path, "lies in a folder that groups by layer instead of by field")),
  },
  {
    name: "no file's name begins with an empty verb or holds an empty word",
    find: ({ sources }) =>
      sources.flatMap((file) => {
        const words = baseName(file.path).split(/[-.]/);
        const problem = describeEmptyName(words, words.length > 2);
        return problem === undefined ? [] : [at(file.path, problem)];
      }),
  },
  {
    name: "no function begins with an empty verb, and no function or type holds an empty word",
    find: ({ sources }) => sources.flatMap(findEmptyNames),
  },
  {
    name: "a function that describes a command for the desk is called build...Command",
    find: ({ sources }) => sources.filter(isProgram).flatMap(findMisnamedBuilders),
  },
  {
    name: "a store's reading is called select..., for read... is client input and find... what others ask a module",
    find: ({ sources }) =>
      sources.filter((file) => isProgram(file) && /store\.ts$/.test(file.path)).flatMap(findMisnamedReads),
  },
];

function findEmptyNames(file: SourceFile): Finding[] {
  return [...walk(file.tree)].flatMap((node) => {
    const name = declaredName(node);
    if (name === undefined) return [];
    const words = name.text.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase());
    const problem = describeEmptyName(words, name.isFunction);
    return problem === undefined
      ? []
      : [{ file: file.path, line: lineOf(file, node), what: `${name.text} ${problem}` }];
  });
}

function declaredName(node: ts.Node): { text: string; isFunction: boolean } | undefined {
  if (ts.isFunctionDeclaration(node) && node.name !== undefined)
    return { text: node.name.text, isFunction: true };
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
    return { text: node.name.text, isFunction: false };
  if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) {
    const { initializer } = node;
    const isFunction =
      initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
    return isFunction ? { text: node.name.text, isFunction } : undefined;
  }
  return undefined;
}

function describeEmptyName(words: readonly string[], isVerbFirst: boolean): string | undefined {
  const [first = ""] = words;
  if (isVerbFirst && words.length > 1 && VERBS_REFUSED.has(first))
    return `begins with "${first}": say what it does`;
  const empty = words.find((word) => WORDS_REFUSED.has(word));
  return empty === undefined ? undefined : `holds "${empty}": say what it is`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function at(file: string, what: string): Finding {
  return { file, line: 1, what };
}

function isProgram({ path, isTest }: SourceFile): boolean {
  return path.startsWith("server/src/") && !isTest;
}

function findMisnamedBuilders(file: SourceFile): Finding[] {
  return [...walk(file.tree)].filter(ts.isFunctionDeclaration).flatMap((node) => {
    const name = node.name?.text ?? "";
    const gives = node.type?.getText() ?? "";
    if (!/^(Promise<)?BookCommand>?$/.test(gives) || /^build[A-Z]\w*Command$/.test(name)) return [];
    return [{ file: file.path, line: lineOf(file, node), what: `${name} describes a command for the desk` }];
  });
}

function findMisnamedReads(file: SourceFile): Finding[] {
  return [...walk(file.tree)].filter(ts.isFunctionDeclaration).flatMap((node) => {
    const name = node.name?.text ?? "";
    if (!/^read[A-Z]/.test(name)) return [];
    return [{ file: file.path, line: lineOf(file, node), what: `${name} is SQL` }];
  });
}
