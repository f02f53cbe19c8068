// Who may touch what: the environment, transactions, SQL and the schemas of PostgreSQL, HTTP status numbers.
import ts from "typescript";
import { MODULE_ORDER } from "../../src/modules.ts";
import type { Finding, Rule } from "./rule.ts";
import { lineOf, type Project, type SourceFile, walk } from "./source-files.ts";

const OWNERS: ReadonlySet<string> = new Set([...MODULE_ORDER, "runtime", "http"]);
const SCHEMAS = [...OWNERS].join("|");
// A table behind the words that introduce one, or a function's call; `orders.id` alone may be a column of an alias.
const TABLE_OF_SCHEMA = new RegExp(
  `\\b(?:from|join|into|update|table|only|truncate|exists|on|view|index|references|using|lock)\\s+(${SCHEMAS})\\.[a-z_]+|\\b(${SCHEMAS})\\.[a-z_]+\\s*\\(`,
  "gi",
);
const BEGINS = /^[`'"]\s*(begin|start\s+transaction|commit|rollback)\b/i;
const BEGIN_CALL = /^(begin|beginDistributed|reserve|takeConnection)$/;
const STATUS_CALL = /\.(code|status)$/;

export const ACCESS_RULES: readonly Rule[] = [
  {
    name: "only config/ reads the environment",
    find: (project) =>
      program(project, "server/src/config/load-config.ts").flatMap((file) =>
        findMatches(file, isEnvironment, "reads the environment"),
      ),
  },
  {
    name: "only runtime/transaction.ts begins or ends a transaction",
    find: (project) =>
      program(project, "server/src/runtime/transaction.ts", "server/src/runtime/pool.ts").flatMap((file) =>
        findMatches(file, isTransactionControl, "begins or ends a transaction"),
      ),
  },
  {
    name: "a module's SQL stands in its store.ts",
    find: (project) =>
      program(project)
        .filter(
          (file) => file.path.startsWith("server/src/modules/") && !/\/([a-z-]+-)?store\.ts$/.test(file.path),
        )
        .flatMap((file) => findMatches(file, isSql, "holds SQL")),
  },
  {
    name: "a module's SQL touches its own schema only",
    find: (project) => program(project).flatMap(findForeignSchemas),
  },
  {
    name: "a migration changes its own module's schema and refers to lower ones only",
    find: ({ texts }) => [...texts].flatMap(([path, text]) => findForeignMigrations(path, text)),
  },
  {
    name: "only http/problem.ts and http/operations/health.ts know the numbers of failure",
    find: (project) =>
      program(project, "server/src/http/problem.ts", "server/src/http/operations/health.ts").flatMap((file) =>
        findMatches(file, isFailureStatus, "names a status of failure"),
      ),
  },
  {
    name: "no floating point comes near an amount",
    find: (project) =>
      program(project)
        .filter((file) => /^server\/src\/(values|modules)\//.test(file.path))
        .flatMap((file) => findMatches(file, isFloating, "turns to floating point")),
  },
];

function program(project: Project, ...except: string[]): SourceFile[] {
  return project.sources.filter(
    (file) => file.path.startsWith("server/src/") && !file.isTest && !except.includes(file.path),
  );
}

function findMatches(file: SourceFile, isMatch: (node: ts.Node) => boolean, what: string): Finding[] {
  return [...walk(file.tree)]
    .filter(isMatch)
    .map((node) => ({ file: file.path, line: lineOf(file, node), what }));
}

function isEnvironment(node: ts.Node): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === "env" &&
    /^(process|import\.meta)$/.test(node.expression.getText())
  );
}

function isTransactionControl(node: ts.Node): boolean {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return BEGIN_CALL.test(node.expression.name.text);
  }
  return (
    (ts.isTemplateLiteral(node) || ts.isStringLiteral(node)) && isSqlText(node) && BEGINS.test(node.getText())
  );
}

/** A tagged template, or the text given to `unsafe` and `simple`: "commit" in other strings is only a word. */
function isSqlText(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isTaggedTemplateExpression(parent)) return true;
  return ts.isCallExpression(parent) && /\.(unsafe|simple|query)$/.test(parent.expression.getText());
}

function isSql(node: ts.Node): boolean {
  if (ts.isTaggedTemplateExpression(node)) return !/\bString\.raw$/.test(node.tag.getText());
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === "unsafe"
  );
}

function isFailureStatus(node: ts.Node): boolean {
  if (ts.isCallExpression(node) && STATUS_CALL.test(node.expression.getText()))
    return isFailure(node.arguments[0]);
  return ts.isPropertyAssignment(node) && node.name.getText() === "statusCode" && isFailure(node.initializer);
}

function isFailure(node: ts.Node | undefined): boolean {
  return node !== undefined && ts.isNumericLiteral(node) && Number(node.text) >= 400;
}

function isFloating(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) && /(^|\.)(parseFloat|toFixed|toPrecision)$/.test(node.expression.getText())
  );
}

function findForeignSchemas(file: SourceFile): Finding[] {
  const own = ownerOf(file.path);
  return [...walk(file.tree)]
    .filter((node) => isSql(node))
    .flatMap((node) =>
      findSchemas(node.getText())
        .filter(({ schema }) => schema !== own)
        .map(({ schema }) => ({
          file: file.path,
          line: lineOf(file, node),
          what: `touches the schema ${schema}`,
        })),
    );
}

function ownerOf(path: string): string | undefined {
  const [, , area = "", module] = path.split("/");
  return area === "modules" ? module : area;
}

function findForeignMigrations(path: string, text: string): Finding[] {
  const own = /^server\/migrations\/\d{4}_([a-z]+)_/.exec(path)?.[1];
  if (own === undefined) return [];
  const uncommented = text.replace(/--.*$/gm, "");
  return findSchemas(uncommented)
    .filter(({ schema, word }) => schema !== own && !(word === "references" && isLower(schema, own)))
    .map(({ schema, index }) => {
      const line = uncommented.slice(0, index).split("\n").length;
      return { file: path, line, what: `touches the schema ${schema}` };
    });
}

function findSchemas(text: string): { schema: string; word: string; index: number }[] {
  return [...text.matchAll(TABLE_OF_SCHEMA)].map((match) => ({
    schema: (match[1] ?? match[2] ?? "").toLowerCase(),
    word: match[0].split(/\s/)[0]?.toLowerCase() ?? "",
    index: match.index,
  }));
}

function isLower(schema: string, own: string): boolean {
  const order: readonly string[] = MODULE_ORDER;
  return order.indexOf(schema) < order.indexOf(own);
}
