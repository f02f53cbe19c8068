import { describe, expect, it } from "vitest";
import { judge, type Rule } from "./rule.ts";
import { RULES } from "./rules.ts";
import { parseProject } from "./source-files.ts";

const LEDGER = "server/src/modules/ledger";
const FROZEN = "server/src/runtime/migrations/frozen-migrations.ts";
const FROZEN_LIST =
  '"0001_jobs_baseline.sql": "0081ea7ee96520ef3739e5b402feb3d061174f0a3cee2faba59b4d81b3f84c81"';

/** Per rule: files that break it, and files that are fine and look alike. */
const SAMPLES: readonly { rule: RegExp; broken: Record<string, string>; fine: Record<string, string> }[] = [
  {
    rule: /^a file has at most/,
    broken: { "server/src/a.ts": "// x\n".repeat(401) },
    fine: { "server/src/a.ts": "// x\n".repeat(400) },
  },
  {
    rule: /^a function has at most/,
    broken: { "server/src/a.ts": `const f = () => {${"\n".repeat(70)}};` },
    fine: {
      "server/src/a.test.ts": `describe("it", () => {${"\n".repeat(90)}}); function f() {${"\n".repeat(69)}}`,
    },
  },
  {
    rule: /^a function takes at most/,
    broken: { "server/src/a.ts": "class A { m(a, b, c, d) {} }" },
    fine: {
      "server/src/a.ts":
        "function f(this: X, a, b, { c, d, e }) {}; type T = (a: 1, b: 2, c: 3, d: 4) => void;",
    },
  },
  {
    rule: /^a folder has at most/,
    broken: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`server/tests/room/a${i}.ts`, ""])),
    fine: Object.fromEntries(
      Array.from({ length: 26 }, (_, i) => [`server/src/room/a${i}${i < 25 ? "" : ".test"}.ts`, ""]),
    ),
  },
  {
    rule: /kebab-case$/,
    broken: { "server/src/groupCommit.ts": "" },
    fine: { "server/src/group-commit.test.ts": "", "vitest.config.ts": "", ".dependency-cruiser.cjs": "" },
  },
  {
    rule: /^no folder is called/,
    broken: { "server/src/utils/money.ts": "" },
    fine: { "server/src/values/utils.ts": "" },
  },
  {
    rule: /^no file's name/,
    broken: { "server/src/process-order.ts": "" },
    fine: { "server/src/place-order.ts": "", "server/src/process.ts": "" },
  },
  {
    rule: /^no function begins/,
    broken: { "server/src/a.ts": "const handleOrder = () => 1;" },
    fine: { "server/src/a.ts": "const processId = 1; function informClient() {} log.info(1);" },
  },
  {
    rule: /is called build\.\.\.Command$/,
    broken: { "server/src/a.ts": "function placeOrder(): Promise<BookCommand> {}" },
    fine: {
      "server/src/a.ts":
        "function buildPlacingCommand(): BookCommand {} function submit(): Promise<Outcome> {}",
    },
  },
  {
    rule: /^a store's reading is called select/,
    broken: { "server/src/modules/orders/order-store.ts": "export async function readOrders() {}" },
    fine: {
      "server/src/modules/orders/order-store.ts": "async function selectOrders() {}",
      "server/src/modules/orders/read-order-input.ts": "function readOrder() {}",
    },
  },
  {
    rule: /^migrations are numbered/,
    broken: { "server/migrations/0001_ledger_a.sql": "", "server/migrations/0003_jobs_b.sql": "" },
    fine: { "server/migrations/0001_ledger_a.sql": "", "server/migrations/0002_jobs_b.sql": "" },
  },
  {
    rule: /^a module's schema begins/,
    broken: {
      "server/migrations/0001_jobs_baseline.sql": "",
      "server/migrations/0002_ledger_rates.sql": "",
    },
    fine: { "server/migrations/0001_jobs_baseline.sql": "", "server/migrations/0002_jobs_rates.sql": "" },
  },
  {
    rule: /^a frozen migration stays/,
    broken: { "server/migrations/0001_jobs_baseline.sql": "CREATE SCHEMA job;\n", [FROZEN]: FROZEN_LIST },
    fine: { "server/migrations/0001_jobs_baseline.sql": "CREATE SCHEMA jobs;\n", [FROZEN]: FROZEN_LIST },
  },
  {
    rule: /^classes are errors/,
    broken: { "server/src/a.ts": "class Cart {}" },
    fine: {
      "server/src/a.ts": "class CartError extends Error {}",
      "server/src/values/money.ts": "class Money {}",
      "library/src/tokens.ts": "class TokenManager {}",
    },
  },
  {
    rule: /^importing a file does nothing/,
    broken: { "server/src/a.ts": "const a = await open();" },
    fine: {
      "server/src/a.ts": "const A = new Set([1]); const f = async () => await open();",
      "server/src/main.ts": "run();",
    },
  },
  {
    rule: /^no name that is known only at run time/,
    broken: {
      "server/src/a.ts":
        "export const f = (names: Record<string, number>, name: string) => names[name] ?? name in names;",
    },
    fine: {
      "server/src/a.ts":
        'export const f = (a: number[], b: Record<"x" | "y", 1>, i: number, k: "x" | "y") => [a[i], b[k], b["x"], "z" in b];',
      "server/src/values/own-of.ts":
        "export const ownOf = (names: Record<string, number>, name: string) => names[name];",
    },
  },
  {
    rule: /^every file but a test opens/,
    broken: { "server/src/a.ts": "import x from 'x';\n// late" },
    fine: { "server/bin/a.mjs": "#!/usr/bin/env node\n// What it does.\n", "server/src/a.test.ts": "it()" },
  },
  {
    rule: /^no comment silences/,
    broken: { "server/src/a.ts": "const a = [\n// @ts-expect-error\n1];" },
    fine: { "server/src/a.ts": 'const a = "// @ts-ignore";' },
  },
  {
    rule: /^nothing is left unfinished/,
    broken: { "server/src/a.ts": "// TODO: more" },
    fine: { "server/src/a.ts": 'const TODO = "TODO";' },
  },
  {
    rule: /^no test is skipped/,
    broken: { "server/src/a.test.ts": 'it.only("a", f);' },
    fine: { "server/src/a.test.ts": 'it.each([1])("a", f); stream.skip(1);' },
  },
  {
    rule: /never sleep/,
    broken: { [`${LEDGER}/a.test.ts`]: "await setTimeout(10);" },
    fine: { "server/tests/invariants/crash.test.ts": "await setTimeout(10);" },
  },
  {
    rule: /^only config\/ reads/,
    broken: { "server/src/main.ts": "const port = process.env.PORT;" },
    fine: {
      "server/src/config/load-config.ts": "process.env.PORT;",
      "server/tests/a.ts": "process.env.PORT;",
    },
  },
  {
    rule: /begins or ends a transaction$/,
    broken: { "server/src/cli/a.ts": "await sql`BEGIN`" },
    fine: {
      "server/src/runtime/transaction.ts": "db.begin(f)",
      "server/src/cli/a.ts": 'const word = "commit";',
    },
  },
  {
    rule: /^a module's SQL stands/,
    broken: { [`${LEDGER}/post.ts`]: "tx.sql<Row[]>`SELECT 1`" },
    fine: { [`${LEDGER}/store.ts`]: "sql`SELECT 1`", [`${LEDGER}/statement-store.ts`]: "sql`SELECT 1`" },
  },
  {
    rule: /^SQL names the columns/,
    broken: {
      [`${LEDGER}/store.ts`]: "sql`SELECT 1, a.*\nFROM ledger.accounts a`",
    },
    fine: {
      [`${LEDGER}/store.ts`]: "sql`SELECT count(*), 2 * amount FROM ledger.transfers`",
      [`${LEDGER}/store.test.ts`]: "sql`SELECT * FROM ledger.accounts`",
    },
  },
  {
    rule: /^SQL stands on lines/,
    broken: { [`${LEDGER}/store.ts`]: `const COLUMNS = \`id,\n${"a, ".repeat(40)}\`;` },
    fine: {
      [`${LEDGER}/store.ts`]: `// ${"a".repeat(120)}\nsql\`SELECT a\nFROM ledger.accounts\``,
      [`${LEDGER}/post.ts`]: `const message = "${"a".repeat(120)}";`,
    },
  },
  {
    rule: /^migrations stand on lines/,
    broken: { "server/migrations/0001_jobs_baseline.sql": `-- ${"a".repeat(120)}` },
    fine: { "server/migrations/0001_jobs_baseline.sql": `-- ${"a".repeat(100)}` },
  },
  {
    rule: /^a module's SQL touches/,
    broken: { [`${LEDGER}/store.ts`]: "sql`SELECT 1 FROM ledger.accounts a JOIN orders.orders o ON true`" },
    fine: { [`${LEDGER}/store.ts`]: "sql`SELECT orders.id FROM ledger.accounts orders`" },
  },
  {
    rule: /^a migration changes its own/,
    broken: { "server/migrations/0001_ledger_a.sql": "CREATE TABLE ledger.a (id int REFERENCES banking.b);" },
    fine: {
      "server/migrations/0001_banking_a.sql":
        "-- from orders.x\nCREATE TABLE banking.a (id int REFERENCES ledger.b);",
    },
  },
  {
    rule: /know the numbers of failure$/,
    broken: { "server/src/http/a.ts": "reply.code(404).send()" },
    fine: {
      "server/src/http/a.ts": "reply.code(201).send()",
      "server/src/http/problem.ts": "reply.code(404)",
    },
  },
  {
    rule: /^no floating point/,
    broken: { [`${LEDGER}/a.ts`]: "Number.parseFloat(amount)" },
    fine: { [`${LEDGER}/a.ts`]: "BigInt(amount)" },
  },
  {
    rule: /^a module has its door/,
    broken: { [`${LEDGER}/index.ts`]: "" },
    fine: { [`${LEDGER}/index.ts`]: "", [`${LEDGER}/README.md`]: "# Ledger\n" },
  },
  {
    rule: /^server\/src\/modules\.ts lists/,
    broken: {
      [`${LEDGER}/a.ts`]: "",
      "server/src/modules/jobs/a.ts": "",
      "server/src/modules.ts": '["ledger", "jobs"]',
    },
    fine: {
      [`${LEDGER}/a.ts`]: "",
      "server/src/modules/jobs/a.ts": "",
      "server/src/modules.ts": 'import "./modules/jobs/index.ts"; import "./modules/ledger/index.ts";',
    },
  },
  {
    rule: /^a code that is thrown/,
    broken: {
      [`${LEDGER}/a.ts`]: 'throw new AppError("refused", "overdrawn");',
      [`${LEDGER}/errors.ts`]:
        'export const LEDGER_ERRORS = { overdrawn: { kind: "conflict", title: "" } } as const;',
    },
    fine: {
      [`${LEDGER}/a.ts`]: 'throw new AppError("refused", "overdrawn");',
      [`${LEDGER}/errors.ts`]:
        'export const LEDGER_ERRORS = { overdrawn: { kind: "refused", title: "" } } as const;',
    },
  },
  {
    rule: /^a code is listed once/,
    broken: {
      [`${LEDGER}/errors.ts`]: 'export const LEDGER_ERRORS = { a: { kind: "refused" } };',
      "server/src/http/errors.ts": 'export const HTTP_ERRORS = { a: { kind: "refused" } };',
    },
    fine: { [`${LEDGER}/errors.ts`]: 'export const LEDGER_ERRORS = { a: { kind: "refused" } };' },
  },
  {
    rule: /^no function's body stands/,
    broken: {
      [`${LEDGER}/a.ts`]:
        "function toSum(rows) { let sum = 0n; for (const row of rows) sum += row.amount; return sum; }",
      "server/src/modules/orders/b.ts":
        "const total = (lines) => { let all = 0n; // of all\n for (const line of lines) all += line.amount; return all; };",
    },
    fine: {
      [`${LEDGER}/a.ts`]:
        "function toSum(rows) { let sum = 0n; for (const row of rows) sum += row.amount; return sum; }",
      "server/src/modules/orders/b.ts":
        "function toSum(rows) { let sum = 0n; for (const row of rows) sum += row.held; return sum; } const f = (a) => a.id;",
      "server/src/modules/orders/c.ts": "const g = (a) => a.id;",
    },
  },
  {
    rule: /^what a file exports no other declares/,
    broken: {
      [`${LEDGER}/a.ts`]: "export interface Sum { readonly amount: bigint; readonly asset: string }",
      "server/src/modules/orders/b.ts":
        "interface Sum {\n  /** Minor units. */\n  readonly amount: bigint;\n  readonly asset: string\n}",
    },
    fine: {
      [`${LEDGER}/a.ts`]:
        "interface Sum { readonly amount: bigint; readonly asset: string } function add(routes: Routes, to: To): void {}",
      "server/src/modules/orders/b.ts":
        "interface Sum { readonly amount: bigint; readonly order: string } function add(routes: Routes, to: To): void { routes(); }",
    },
  },
  {
    rule: /^a command's file has its test/,
    broken: {
      "server/src/modules/orders/ship.ts": "export function shipOrder(): OrderAct { return act; }",
      [`${LEDGER}/post.ts`]: "export async function buildPostCommand() { return command; }",
      [`${LEDGER}/take.test.ts`]: "",
    },
    fine: {
      "server/src/modules/orders/ship.ts": "export function shipOrder(): OrderAct { return act; }",
      "server/src/modules/orders/ship.test.ts": "",
      [`${LEDGER}/post.ts`]: "function buildPostCommand() { return command; } export function build() {}",
    },
  },
  {
    rule: /^every dependency has its reason/,
    broken: { "package.json": '{"dependencies":{"pino":"1"}}', "docs/dependencies.md": "" },
    fine: { "package.json": '{"dependencies":{"pino":"1"}}', "docs/dependencies.md": "| `pino` | the log |" },
  },
];

describe("each rule", () => {
  it.each(RULES.map((rule) => [rule.name, rule] as const))("has samples: %s", (name, rule) => {
    const samples = SAMPLES.filter((sample) => sample.rule.test(name));
    expect(samples).toHaveLength(1);
    for (const { broken, fine } of samples) {
      expect(rule.find(parseProject(broken))).not.toEqual([]);
      expect(rule.find(parseProject(fine))).toEqual([]);
    }
  });
});

describe("an exception", () => {
  const rule: Rule = { name: "r", find: () => [{ file: "a.ts", line: 1, what: "is wrong" }] };
  const project = parseProject({});

  it("covers exactly as many findings as it allows", () => {
    expect(judge(rule, project, [])).toEqual(["a.ts:1 is wrong"]);
    expect(judge(rule, project, [{ rule: "r", file: "a.ts", count: 1, reason: "" }])).toEqual([]);
  });

  it("fails once it is wider than needed, so that the list only shrinks", () => {
    expect(judge(rule, project, [{ rule: "r", file: "a.ts", count: 2, reason: "" }])).toHaveLength(1);
    expect(judge(rule, project, [{ rule: "r", file: "b.ts", count: 1, reason: "" }])).toHaveLength(2);
  });
});
