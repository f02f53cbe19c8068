// Once: what two files need has one home. A body that stands in two files, and a function or a type that two files
// declare by the same name in the same shape, is a second copy, and the copies will come to differ.
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type Project, type SourceFile, walk } from "./source-files.ts";

/** A shorter body says the same by chance: it is a copy only where the name is the same too. */
const BODY_TOKENS_MIN = 22;
const SHAPE_TOKENS_MIN = 8;

export const ONCE_RULES: readonly Rule[] = [
  {
    name: "no function's body stands in a second file, whatever its names are called there",
    find: (project) => findSecond(listFunctions(project).flatMap(bodyOf)),
  },
  {
    name: "what a file exports no other declares by the same name in the same shape, and no type stands twice",
    find: (project) =>
      findSecond([...listFunctions(project).flatMap(signatureOf), ...listTypes(project).flatMap(shapeOf)]),
  },
];

interface Declared<Node extends ts.Node> {
  readonly file: SourceFile;
  readonly name: string;
  readonly node: Node;
}

/** What two declarations have in common if they are the same. */
interface Copy extends Declared<ts.Node> {
  readonly key: string;
}

type FunctionNode = ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression;

function findSecond(copies: readonly Copy[]): Finding[] {
  const first = new Map<string, Copy>();
  return copies.flatMap(({ key, ...copy }) => {
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, { key, ...copy });
    if (earlier === undefined || earlier.file === copy.file) return [];
    const { file, node, name } = copy;
    const what = `${name} stands in ${earlier.file.path}:${lineOf(earlier.file, earlier.node)} already`;
    return [{ file: file.path, line: lineOf(file, node), what }];
  });
}

function listFunctions(project: Project): Declared<FunctionNode>[] {
  return listStatements(project).flatMap(({ file, node }): Declared<FunctionNode>[] => {
    if (ts.isFunctionDeclaration(node)) return [{ file, name: node.name?.text ?? "", node }];
    if (!ts.isVariableStatement(node)) return [];
    return node.declarationList.declarations.flatMap(({ name, initializer }) => {
      if (initializer === undefined) return [];
      const isFunction = ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer);
      return isFunction ? [{ file, name: name.getText(), node: initializer }] : [];
    });
  });
}

function listTypes(project: Project): Declared<ts.InterfaceDeclaration | ts.TypeAliasDeclaration>[] {
  return listStatements(project).flatMap(({ file, node }) =>
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
      ? [{ file, name: node.name.text, node }]
      : [],
  );
}

function listStatements({ sources }: Project): { file: SourceFile; node: ts.Statement }[] {
  return sources
    .filter((file) => file.path.startsWith("server/src/") && !file.isTest)
    .flatMap((file) => file.tree.statements.map((node) => ({ file, node })));
}

function bodyOf(declared: Declared<FunctionNode>): Copy[] {
  const { node, name } = declared;
  const tokens = node.body === undefined ? [] : readTokens(node.body, namesWithin(node));
  return copyOf(declared, tokens.length < BODY_TOKENS_MIN ? [name, ...tokens] : tokens);
}

function signatureOf(declared: Declared<FunctionNode>): Copy[] {
  const { node, name } = declared;
  if (!isExported(node)) return [];
  const parts = [...node.parameters, ...(node.type === undefined ? [] : [node.type])];
  return copyOf(declared, [name, ...parts.flatMap((part) => readTokens(part))]);
}

function isExported(node: FunctionNode): boolean {
  const statement = ts.findAncestor(node, ts.isVariableStatement) ?? node;
  return ts.canHaveModifiers(statement) && /^export\b/.test(statement.getText());
}

function shapeOf(declared: Declared<ts.InterfaceDeclaration | ts.TypeAliasDeclaration>): Copy[] {
  return copyOf(
    declared,
    readTokens(declared.node).filter((token) => token !== "export"),
  );
}

function copyOf(declared: Declared<ts.Node>, tokens: readonly string[]): Copy[] {
  return tokens.length < SHAPE_TOKENS_MIN ? [] : [{ ...declared, key: tokens.join(" ") }];
}

/** The names that a function gives to what it takes and keeps; what it takes apart has its names from elsewhere. */
function namesWithin(node: FunctionNode): ReadonlyMap<string, string> {
  const names = [...walk(node)].flatMap((inner) => {
    const isNamed = ts.isParameter(inner) || ts.isVariableDeclaration(inner);
    return isNamed && ts.isIdentifier(inner.name) ? [inner.name.text] : [];
  });
  return new Map([...new Set(names)].map((name, index) => [name, `$${index}`]));
}

/** The words of a piece of code without its comments and spaces; names that are its own by their number. */
function readTokens(node: ts.Node, own: ReadonlyMap<string, string> = new Map()): string[] {
  const children = node.getChildren();
  if (children.length > 0) {
    return children
      .filter((child) => child.kind !== ts.SyntaxKind.JSDoc)
      .flatMap((child) => readTokens(child, own));
  }
  const text = node.getText().replace(/\s+/g, " ");
  if (text === "") return [];
  return [ts.isIdentifier(node) && !isMember(node) ? (own.get(text) ?? text) : text];
}

function isMember({ parent, text }: ts.Identifier): boolean {
  const isNamed = ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent);
  return isNamed && parent.name.getText() === text;
}
