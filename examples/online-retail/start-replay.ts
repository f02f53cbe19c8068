// For the tests of the replays: runs one as a user would, and ends it by `kill -9` after so many requests.
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly errors: string;
}

export interface StartedRun {
  readonly kill: () => void;
  readonly ended: Promise<Run>;
}

/** @param program the program's path and its arguments */
export function startReplay(
  program: readonly string[],
  settings: Readonly<Record<string, string>>,
): StartedRun {
  const child = spawn(process.execPath, program, {
    env: { PATH: process.env["PATH"], ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const ended = new Promise<Run>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, errors }));
  });
  return { kill: () => child.kill("SIGKILL"), ended };
}

/** Runs until the server has carried out that many POSTs, the last of them unanswered, and ends it there by `kill -9`. */
export async function replayUntilKilled(
  program: readonly string[],
  settings: Readonly<Record<string, string>> & { COUNTINGHOUSE_URL: string },
  postCount: number,
): Promise<Run> {
  let kill = () => {};
  const proxy = await startProxy(settings.COUNTINGHOUSE_URL, (count) => {
    if (count >= postCount) kill();
    return count < postCount;
  });
  const run = startReplay(program, { ...settings, COUNTINGHOUSE_URL: proxy.url });
  kill = run.kill;
  const result = await run.ended;
  proxy.close();
  return result;
}

/** Stands between replay and server; `onPost` may hold an answer back by returning false. */
async function startProxy(
  url: string,
  onPost: (count: number) => boolean,
): Promise<{ url: string; close: () => void }> {
  let count = 0;
  const relay = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    const answer = await fetch(`${url}${request.url}`, {
      method: request.method ?? "GET",
      headers: Object.entries(request.headers)
        .filter(([name]) => /^(authorization|content-type|idempotency-key)$/.test(name))
        .map(([name, value]) => [name, String(value)]),
      ...(request.method === "POST" ? { body } : {}),
    });
    const text = await answer.text();
    if (request.method === "POST" && !onPost(++count)) return;
    response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  };
  const server = createServer((request, response) => {
    // A replay that was killed leaves its connections broken; nobody is left to be answered.
    relay(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
