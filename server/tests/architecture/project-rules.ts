// What has to agree between files: modules and their order, the codes thrown and the codes listed, the dependencies
// and the reasons for them.
import ts from "typescript";
import { MODULE_ORDER } from "../../src/modules.ts";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type Project, type SourceFile, walk } from "./source-files.ts";

const README_LINES_MAX = 40;
const ORDER: readonly string[] = MODULE_ORDER;

export const PROJECT_RULES: readonly Rule[] = [
  {
    name: `a module has its door, index.ts, and a README.md of at most ${README_LINES_MAX} lines`,
    find: findBareModules,
  },
  { name: "server/src/modules.ts lists every module, lowest first", find: findUnlistedModules },
  { name: "a code that is thrown is listed in errors.ts with the same kind", find: findUnlistedCodes },
  { name: "a code is listed once", find: findTwiceListedCodes },
  { name: "a command's file has its test beside it", find: findUntestedCommands },
  { name: "every dependency has its reason in docs/dependencies.md", find: findUnexplainedDependencies },
];

function findBareModules({ texts }: Project): Finding[] {
  return findModules(texts).flatMap((module) => {
    const folder = `server/src/modules/${module}`;
    const readme = texts.get(`${folder}/README.md`);
    const findings: Finding[] = [];
    if (!texts.has(`${folder}/index.ts`)) findings.push({ file: folder, line: 1, what: "has no index.ts" });
    if (readme === undefined) findings.push({ file: folder, line: 1, what: "has no README.md" });
    const lines = readme?.trimEnd().split("\n").length ?? 0;
    if (lines > README_LINES_MAX)
      findings.push({ file: `${folder}/README.md`, line: 1, what: `has ${lines} lines` });
    return findings;
  });
}

function findUntestedCommands({ sources }: Project): Finding[] {
  const paths = new Set(sources.map(({ path }) => path));
  return sources.flatMap((file) => {
    const test = file.path.replace(/\.ts$/, ".test.ts");
    if (!file.path.startsWith("server/src/modules/") || file.isTest || paths.has(test)) return [];
    return file.tree.statements.filter(describesCommand).map((statement) => ({
      file: file.path,
      line: lineOf(file, statement),
      what: `describes a command, and ${test.split("/").at(-1)} is not beside it`,
    }));
  });
}

/** A command for the desk is what an exported `build...Command` describes, or an act on an order. */
function describesCommand(statement: ts.Statement): boolean {
  if (!ts.isFunctionDeclaration(statement)) return false;
  const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
  const isAct = /^(Promise<)?OrderAct>?$/.test(statement.type?.getText() ?? "");
  return isExported && (isAct || /^build\w*Command$/.test(statement.name?.text ?? ""));
}

function findUnlistedModules({ texts, sources }: Project): Finding[] {
  const file = "server/src/modules.ts";
  const list = sources.find((source) => source.path === file);
  if (list === undefined) return [{ file, line: 1, what: "is missing" }];
  const named = [...walk(list.tree)].filter(ts.isStringLiteral).flatMap((node) => moduleNamedBy(node.text));
  const listed = [...new Set(named)];
  const modules = findModules(texts);
  const missing = modules
    .filter((module) => !listed.includes(module))
    .map((module) => `does not list ${module}`);
  const unknown = modules
    .filter((module) => !ORDER.includes(module))
    .map((module) => `${module} has no place in the order`);
  const sorted = listed.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const unsorted =
    listed.join() === sorted.join() ? [] : [`lists ${listed.join(", ")} instead of ${sorted.join(", ")}`];
  return [...missing, ...unknown, ...unsorted].map((what) => ({ file, line: 1, what }));
}

function moduleNamedBy(text: string): string[] {
  const name = /^\.\/modules\/([a-z-]+)\//.exec(text)?.[1] ?? text;
  return ORDER.includes(name) ? [name] : [];
}

function findModules(texts: ReadonlyMap<string, string>): string[] {
  const names = [...texts.keys()].map((path) => /^server\/src\/modules\/([a-z-]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

function findUnlistedCodes({ sources }: Project): Finding[] {
  const listed = new Map(sources.flatMap(findListedCodes).map(({ code, kind }) => [code, kind]));
  return sources
    .filter((file) => file.path.startsWith("server/src/") && !file.isTest)
    .flatMap((file) =>
      findThrown(file).flatMap(({ code, kind, line }) => {
        const expected = listed.get(code);
        if (expected === kind) return [];
        const what =
          expected === undefined
            ? `throws ${code}, which no errors.ts lists`
            : `throws ${code} as ${kind}, listed as ${expected}`;
        return [{ file: file.path, line, what }];
      }),
    );
}

function findTwiceListedCodes({ sources }: Project): Finding[] {
  const seen = new Map<string, string>();
  return sources.flatMap((file) =>
    findListedCodes(file).flatMap(({ code, line }) => {
      const earlier = seen.get(code);
      seen.set(code, file.path);
      return earlier === undefined
        ? []
        : [{ file: file.path, line, what: `lists ${code}, which ${earlier} lists already` }];
    }),
  );
}

/** `new AppError("refused", "code", ...)` with both words written out. */
function findThrown(file: SourceFile): { kind: string; code: string; line: number }[] {
  return [...walk(file.tree)].filter(ts.isNewExpression).flatMap((node) => {
    const [kind, code] = node.arguments ?? [];
    if (node.expression.getText() !== "AppError" || kind === undefined || code === undefined) return [];
    if (!ts.isStringLiteral(kind) || !ts.isStringLiteral(code)) return [];
    return [{ kind: kind.text, code: code.text, line: lineOf(file, node) }];
  });
}

/** `export const LEDGER_ERRORS = { code: { kind: "refused", ... }, ... }` of an errors.ts. */
export function findListedCodes(file: SourceFile): { code: string; kind: string; line: number }[] {
  if (!file.path.endsWith("/errors.ts")) return [];
  return [...walk(file.tree)].filter(isErrorList).flatMap((node) =>
    [...walk(node)].filter(ts.isPropertyAssignment).flatMap((entry) => {
      if (!ts.isObjectLiteralExpression(entry.initializer)) return [];
      const kind = entry.initializer.properties.find((property) => property.name?.getText() === "kind");
      if (kind === undefined || !ts.isPropertyAssignment(kind) || !ts.isStringLiteral(kind.initializer))
        return [];
      const code = entry.name.getText().replace(/["']/g, "");
      return [{ code, kind: kind.initializer.text, line: lineOf(file, entry) }];
    }),
  );
}

function isErrorList(node: ts.Node): boolean {
  return ts.isVariableDeclaration(node) && node.name.getText().endsWith("_ERRORS");
}

function findUnexplainedDependencies({ texts }: Project): Finding[] {
  const file = "docs/dependencies.md";
  const explained = new Set(
    [...(texts.get(file) ?? "").matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]),
  );
  const used = new Set(
    [...texts]
      .filter(([path]) => /^([a-z]+\/)?package\.json$/.test(path))
      .flatMap(([, text]) => listDependencies(text)),
  );
  const missing = [...used].filter((name) => !explained.has(name)).map((name) => `does not explain ${name}`);
  const unused = [...explained]
    .filter((name) => name !== undefined && !used.has(name))
    .map((name) => `explains ${name}, which is not used`);
  return [...missing, ...unused].map((what) => ({ file, line: 1, what }));
}

function listDependencies(manifest: string): string[] {
  const parsed = JSON.parse(manifest) as Record<string, Record<string, string> | undefined>;
  const groups = ["dependencies", "devDependencies", "optionalDependencies"];
  return groups.flatMap((group) => Object.keys(parsed[group] ?? {}));
}
