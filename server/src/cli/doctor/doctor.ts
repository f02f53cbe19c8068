// `countinghouse doctor`: checks the installation, line by line, and says what to do where something is not right.
import type { Command } from "commander";
import { EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { examineDatabase } from "./doctor-database.ts";
import { examineConfig, examineMachine } from "./doctor-machine.ts";

/** One line of the report. */
export interface Finding {
  readonly check: string;
  /** `warn`: it works, but something should be done. */
  readonly state: "ok" | "warn" | "fail";
  readonly what: string;
  readonly wayOut?: string;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("check the installation and say what to do")
    .action(async () => {
      const findings = await examine();
      const isWell = findings.every((finding) => finding.state !== "fail");
      console.log(
        program.opts()["json"] === true ? toDocument(findings, isWell) : describe(findings, isWell),
      );
      process.exitCode = isWell ? EXIT_CODES.done : EXIT_CODES.foundWrong;
    });
  addExamples(command, [
    ["countinghouse doctor", "while the server runs or not; exit code 1 where something has to be done"],
    ["countinghouse doctor --json", "for a monitor"],
  ]);
}

async function examine(): Promise<Finding[]> {
  const { config, findings } = examineConfig();
  if (config === undefined) return findings;
  return [...findings, ...(await examineMachine(config)), ...(await examineDatabase(config))];
}

function describe(findings: readonly Finding[], isWell: boolean): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const lines = findings.flatMap(({ state, check, what, wayOut }) => [
    `${state.padEnd(4)}  ${check.padEnd(width)}  ${what}`,
    ...(wayOut === undefined ? [] : [`${" ".repeat(width + 8)}→ ${wayOut}`]),
  ]);
  const end = isWell
    ? "All that is needed is there."
    : "Something has to be done first: see the lines that fail.";
  return [...lines, "", end].join("\n");
}

function toDocument(findings: readonly Finding[], isWell: boolean): string {
  const checks = findings.map(({ wayOut, ...finding }) => ({ ...finding, way_out: wayOut ?? null }));
  return JSON.stringify({ ok: isWell, checks });
}
