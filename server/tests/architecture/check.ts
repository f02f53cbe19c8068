// The project's one gate, `npm run check`: every step runs, each prints one line, and any failure fails the whole.
// `npm run check types format` runs only the steps named.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EXCEPTIONS } from "./exceptions.ts";
import { judge } from "./rule.ts";
import { measureComments, RULES } from "./rules.ts";
import { ROOT, readProject } from "./source-files.ts";

interface Outcome {
  readonly problems: string;
  readonly remark?: string;
}

const FOLDERS = ["server", "library", "bench", "examples"].filter((folder) => existsSync(join(ROOT, folder)));

const STEPS: Readonly<Record<string, () => Outcome>> = {
  types: () => run("@typescript/native/bin/tsc", ["--noEmit", "--pretty", "false"]),
  format: () => run("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "--reporter=summary", "."]),
  boundaries: () =>
    run("dependency-cruiser/bin/dependency-cruise.mjs", [
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "err",
      ...FOLDERS,
    ]),
  architecture: checkArchitecture,
  generated: () => runNode([join("server", "tests", "documents", "generate.ts"), "--check"]),
};

function checkArchitecture(): Outcome {
  const project = readProject();
  const problems = RULES.flatMap((rule) =>
    judge(rule, project, EXCEPTIONS).map((what) => `${what}\n    (${rule.name})`),
  );
  const comments = (measureComments(project) * 100).toFixed(0);
  return {
    problems: problems.join("\n"),
    remark: `${RULES.length} rules, ${EXCEPTIONS.length} exceptions, ${comments} % comments`,
  };
}

function run(program: string, args: readonly string[]): Outcome {
  return runNode([join("node_modules", program), ...args]);
}

function runNode(args: readonly string[]): Outcome {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, [...args], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status === 0) return { problems: "" };
  return { problems: `${stdout ?? ""}${stderr ?? ""}`.trim() || `ended with ${error?.message ?? status}` };
}

const named = process.argv.slice(2);
for (const name of named.filter((name) => !Object.hasOwn(STEPS, name))) {
  console.error(`no step is called ${name}; there are ${Object.keys(STEPS).join(", ")}`);
  process.exitCode = 2;
}
for (const [name, step] of Object.entries(STEPS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const startedAt = performance.now();
  const { problems, remark } = step();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${problems === "" ? "ok    " : "FAILED"} ${name.padEnd(12)} ${seconds} s${remark === undefined ? "" : `  ${remark}`}`,
  );
  if (problems !== "") {
    console.log(problems.replace(/^/gm, "       "));
    process.exitCode = 1;
  }
}
