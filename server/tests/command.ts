// A command of the command line, run as a person would: the real program in a process of its own.
import { spawn } from "node:child_process";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname, "..", "bin", "countinghouse.mjs");

export interface EndedCommand {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

export interface CommandPlace {
  /** Where it is run. */
  readonly folder: string;
  /** All of its environment besides PATH. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Runs the real program with nothing of this process's settings, and resolves when it has ended and said everything. */
export function runCommand(
  args: readonly string[],
  { folder, settings }: CommandPlace,
): Promise<EndedCommand> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, errors }));
  });
}
