// Runs a short-lived program to its end, as the user that PostgreSQL runs as, and keeps its output.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { ServerUser } from "./choose-user.ts";

export interface RunOptions {
  readonly user: ServerUser;
  readonly cwd: string;
  readonly input?: string;
}

export interface ProgramResult {
  /** Undefined where the program could not be started or was killed by a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Our own environment is not passed on: PGDATA, PGPORT or a German LC_ALL of the caller must not change what PostgreSQL does or
 * how its messages read. Windows programs do not start without their environment.
 */
export const programEnvironment =
  process.platform === "win32"
    ? {}
    : {
        env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      };

/** Never throws: a program that cannot be started gives a result without a code and with the reason in `stderr`. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  try {
    return await runToEnd(file, args, options);
  } catch (error) {
    return { code: undefined, stdout: "", stderr: error instanceof Error ? error.message : String(error) };
  }
}

async function runToEnd(file: string, args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  const { user, cwd, input } = options;
  const child = spawn(file, args, { ...user.ids, ...programEnvironment, cwd, windowsHide: true });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? undefined));
  });
  child.stdin.on("error", () => undefined); // it may end without reading
  child.stdin.end(input ?? "");
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
