// Notes about the server that runs on a data directory: DATA_DIR/serve.pid for scripts that send it signals, and
// DATA_DIR/serve.url. Neither is a lock, and a killed server leaves both behind, so a reader must ask the address.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../runtime/files/make-folder.ts";
import { isAlive } from "../../runtime/is-alive.ts";

export interface RunningServer {
  readonly pid: number;
  readonly url: string;
}

const ASK_MAX_MS = 1_000;

/** Returns a function that removes the notes again. */
export function noteRunning(dataDir: string, url: string): () => void {
  makeFolder(dataDir);
  const notes = { [join(dataDir, "serve.url")]: url, [join(dataDir, "serve.pid")]: process.pid };
  for (const [path, note] of Object.entries(notes)) writeFileSync(path, `${note}\n`);
  return () => {
    for (const path of Object.keys(notes)) rmSync(path, { force: true });
  };
}

/** The server at the address that the last start has noted; undefined where no server of ours answers there. */
export async function findRunning(dataDir: string): Promise<RunningServer | undefined> {
  const pid = Number(readNote(dataDir, "serve.pid"));
  const url = readNote(dataDir, "serve.url");
  if (!Number.isSafeInteger(pid) || pid < 1 || !isAlive(pid)) return undefined;
  return (await answersAsOurs(url)) ? { pid, url } : undefined;
}

function readNote(dataDir: string, name: string): string {
  try {
    return readFileSync(join(dataDir, name), "utf8").trim();
  } catch {
    return "";
  }
}

/** Whether Countinghouse answers at this address. */
export async function answersAsOurs(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      headers: { accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(ASK_MAX_MS),
    });
    const { docs } = (await answer.json()) as { docs?: unknown };
    return docs === "/docs/";
  } catch {
    return false;
  }
}

/** The address by which a program on this machine reaches a server that listens there. */
export function urlOf(host: string, port: number): string {
  const local = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${local.includes(":") ? `[${local}]` : local}:${port}`;
}
