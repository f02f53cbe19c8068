import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ICruiseResult } from "dependency-cruiser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

const SRC = "server/src";

/** What each file of a small sample project imports, and the rule that this breaks (none where it may). */
const SAMPLES: readonly { file: string; imports: string; breaks?: string }[] = [
  { file: `${SRC}/modules/banking/open-account.ts`, imports: "../ledger/index.ts" },
  { file: `${SRC}/modules/ledger/notify.ts`, imports: "../banking/index.ts", breaks: "ledger-looks-down" },
  { file: `${SRC}/modules/banking/peek.ts`, imports: "../ledger/store.ts", breaks: "banking-uses-doors" },
  { file: `${SRC}/modules/banking/routes.ts`, imports: "../../http/routes/command.ts" },
  {
    file: `${SRC}/modules/ledger/post.ts`,
    imports: "../../http/routes/command.ts",
    breaks: "only-routes-know-http",
  },
  { file: `${SRC}/modules/ledger/account-routes.ts`, imports: "./store.ts", breaks: "store-is-private" },
  { file: `${SRC}/modules/ledger/print.ts`, imports: "../../cli/serve.ts", breaks: "cli-is-on-top" },
  { file: `${SRC}/modules/ledger/list.ts`, imports: "../../targets.ts", breaks: "ledger-outside" },
  {
    file: `${SRC}/http/server.ts`,
    imports: "../modules/ledger/index.ts",
    breaks: "http-serves-any-module",
  },
  { file: `${SRC}/runtime/log.ts`, imports: "../http/routes/command.ts", breaks: "runtime-imports-values" },
  { file: `${SRC}/runtime/pool.ts`, imports: "../config/config.ts", breaks: "configuration-is-handed-down" },
  { file: `${SRC}/values/money.ts`, imports: "../runtime/clock.ts", breaks: "values-import-nothing" },
  { file: `${SRC}/values/price.ts`, imports: "postgres", breaks: "values-import-nothing" },
  { file: `${SRC}/cli/verify.ts`, imports: "../modules/ledger/index.ts" },
  { file: `${SRC}/cli/draw.ts`, imports: "vitest", breaks: "program-without-dev-dependencies" },
  { file: `${SRC}/cli/try.ts`, imports: "../../tests/database.ts", breaks: "program-without-tests" },
  { file: `${SRC}/cli/lost.ts`, imports: "./nowhere.ts", breaks: "imports-exist" },
  { file: `${SRC}/runtime/egg.ts`, imports: "./hen.ts", breaks: "no-cycles" },
];
const TARGETS = [
  "modules/ledger/index",
  "modules/ledger/store",
  "modules/banking/index",
  "http/routes/command",
  "cli/serve",
  "targets",
  "config/config",
  "runtime/clock",
];
const ORPHAN = `${SRC}/values/forgotten.ts`;

const folder = mkdtempSync(join(tmpdir(), "boundaries-"));
let found: readonly { rule: string; file: string }[] = [];

beforeAll(() => {
  write(
    "package.json",
    JSON.stringify({ dependencies: { postgres: "*" }, devDependencies: { vitest: "*" } }),
  );
  for (const name of ["postgres", "vitest"])
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
  for (const name of ["postgres", "vitest"]) write(`node_modules/${name}/index.js`, "");
  for (const target of TARGETS) write(`${SRC}/${target}.ts`, "export const x = 1;\n");
  write("tsconfig.json", "{}");
  write("server/tests/database.ts", "export const x = 1;\n");
  write(`${SRC}/runtime/hen.ts`, 'import * as x from "./egg.ts";\nexport const y = x;\n');
  write(
    `${SRC}/runtime/nest.ts`,
    'import type * as x from "./tree.ts";\nexport const y: typeof x | 1 = 1;\n',
  );
  write(`${SRC}/runtime/tree.ts`, 'import * as x from "./nest.ts";\nexport const y = x;\n');
  write(ORPHAN, "export const x = 1;\n");
  for (const { file, imports } of SAMPLES)
    write(file, `import * as x from "${imports}";\nexport const y = x;\n`);
  found = findViolations();
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each(SAMPLES)("judges $file, which imports $imports: $breaks", ({ file, breaks }) => {
  const rules = found.filter((violation) => violation.file === file).map((violation) => violation.rule);
  expect(breaks === undefined ? rules : rules.filter((rule) => rule === breaks)).toEqual(
    breaks === undefined ? [] : [breaks],
  );
});

it("lets two files know each other's types", () => {
  expect(found.filter(({ file }) => /nest|tree/.test(file))).toEqual([]);
});

it("finds a file that nobody imports", () => {
  expect(found).toContainEqual({ rule: "no-orphans", file: ORPHAN });
});

function findViolations(): { rule: string; file: string }[] {
  const program = join(ROOT, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const args = [
    program,
    "--config",
    join(ROOT, ".dependency-cruiser.cjs"),
    "--output-type",
    "json",
    "server",
  ];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const { violations } = (JSON.parse(stdout) as ICruiseResult).summary;
  return violations.map((violation) => ({ rule: violation.rule.name, file: violation.from }));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
