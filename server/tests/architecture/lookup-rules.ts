// Looking names up. On a plain object every name finds something that nobody put there (`constructor`, `toString`), and one
// changes what the object is (`__proto__`); names may be a client's. The rule asks the compiler for types: what is an index of
// an array, or one of a few names that the program knows, looks the same without them.
import { join } from "node:path";
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type Project, ROOT, type SourceFile, walk } from "./source-files.ts";

/** Where `ownOf` is. */
const HELPER = "server/src/values/own-of.ts";

export const LOOKUP_RULES: readonly Rule[] = [
  {
    name: "no name that is known only at run time is looked up on a plain object: ownOf, or a Map",
    find: findLookups,
  },
];

function findLookups(project: Project): Finding[] {
  const files = project.sources.filter(
    ({ path, isTest }) => path.startsWith("server/src/") && !isTest && path !== HELPER,
  );
  const checker = createChecker(project, files);
  return files.flatMap((file) =>
    [...walk(file.tree)]
      .filter((node) => isNameLookup(node, checker))
      .map((node) => ({ file: file.path, line: lineOf(file, node), what: `looks up ${node.getText()}` })),
  );
}

/** The compiler on the trees that are parsed already; declarations and libraries come from the disk. */
function createChecker(project: Project, files: readonly SourceFile[]): ts.TypeChecker {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const trees = new Map(project.sources.map(({ path, tree }) => [join(ROOT, path), tree]));
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (path, version) => trees.get(path) ?? getSourceFile.call(host, path, version);
  host.fileExists = (path) => trees.has(path) || fileExists.call(host, path);
  host.readFile = (path) => trees.get(path)?.text ?? readFile.call(host, path);
  const rootNames = files.map(({ path }) => join(ROOT, path));
  return ts.createProgram({ rootNames, options, host }).getTypeChecker();
}

/** `object[name]` and `name in object` where `name` may be any text. */
function isNameLookup(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isElementAccessExpression(node)) return isAnyText(node.argumentExpression, checker);
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.InKeyword) return false;
  return !ts.isPrivateIdentifier(node.left) && isAnyText(node.left, checker);
}

function isAnyText(node: ts.Expression, checker: ts.TypeChecker): boolean {
  return !ts.isLiteralExpression(node) && mayBeAnyText(checker.getTypeAtLocation(node), checker);
}

const OPEN =
  ts.TypeFlags.String |
  ts.TypeFlags.TemplateLiteral |
  ts.TypeFlags.StringMapping |
  ts.TypeFlags.Any |
  ts.TypeFlags.Unknown;

function mayBeAnyText(type: ts.Type, checker: ts.TypeChecker): boolean {
  if (type.isUnion()) return type.types.some((part) => mayBeAnyText(part, checker));
  if ((type.flags & OPEN) !== 0) return true;
  const bound = type.isTypeParameter() ? checker.getBaseConstraintOfType(type) : undefined;
  return bound !== undefined && mayBeAnyText(bound, checker);
}
