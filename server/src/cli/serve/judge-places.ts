// Checks the folders and addresses that `serve` needs before anything is created, so that an error is reported now and not when
// half of the program is running.
import { accessSync, constants, existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { tryToListen } from "../../runtime/try-to-listen.ts";
import { answersAsOurs, urlOf } from "./running-server.ts";

/** A sentence for each folder that cannot be made or written to, and each address that cannot be listened on. */
export async function findPlaceProblems(config: Config): Promise<string[]> {
  const { METRICS_HOST, METRICS_PORT } = config;
  return [
    ...findFolderProblems(config),
    ...(await findAddressProblem({ host: ["HOST", config.HOST], port: ["PORT", config.PORT] })),
    ...(METRICS_PORT === undefined
      ? []
      : await findAddressProblem({
          host: ["METRICS_HOST", METRICS_HOST],
          port: ["METRICS_PORT", METRICS_PORT],
        })),
  ];
}

export function findFolderProblems(config: Pick<Config, "DATA_DIR" | "AUDIT_CHECKPOINT_DIR">): string[] {
  return (["DATA_DIR", "AUDIT_CHECKPOINT_DIR"] as const).flatMap((name) => {
    const path = config[name];
    const reason = path === undefined ? undefined : tryFolder(resolve(path));
    if (reason === undefined) return [];
    return [`${name} must be a folder that can be made and written to, not "${path}" (${reason})`];
  });
}

/** Creates the missing part of the folder and removes it again. Returns why it cannot be used, in the system's words. */
function tryFolder(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const folder of missing) {
      mkdirSync(folder);
      made.unshift(folder);
    }
    accessSync(`${path}/.`, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return describeError(error as NodeJS.ErrnoException);
  } finally {
    for (const folder of made) removeEmpty(folder);
  }
}

/** "ENOTDIR: not a directory, mkdir '/dev/null/x'" without the system call. */
function describeError({ message, code }: NodeJS.ErrnoException): string {
  return /^\w+: [^,]+/.exec(message)?.[0] ?? code ?? message;
}

/** Another process may have put a file there meanwhile. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // then it stays
  }
}

interface Address {
  /** By the names of their settings. */
  readonly host: readonly [name: string, value: string];
  readonly port: readonly [name: string, value: number];
}

async function findAddressProblem({
  host: [hostName, host],
  port: [portName, port],
}: Address): Promise<string[]> {
  const code = await tryToListen(host, port);
  if (code === undefined) return [];
  if (code === "EADDRINUSE") {
    const who = (await answersAsOurs(urlOf(host, port))) ? "another Countinghouse" : "another program";
    return [
      `cannot listen on ${host}:${port} (${who} listens there): choose another ${portName} or ${hostName}`,
    ];
  }
  if (code === "EACCES")
    return [`${portName} must be one that this user may listen on, not ${port}: below 1024 only root may`];
  return [`${hostName} must be an address of this machine, or a name of one, not "${host}" (${code})`];
}
