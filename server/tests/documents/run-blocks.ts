// Runs the commands of one document in order, in one shell and against one server, as a reader would who copies them
// into a terminal. The shell's folder holds links to this checkout, so that data and keys are the document's own.
//
// What differs from the reader: the port is a free one; `npm ci`, `git clone` and `cd countinghouse` are left out (it is
// all here); `npm start` goes to the background and is waited for, and a second one first ends the first by Ctrl-C. A second
// walk follows in a shell of its own, on the data that the first one left by `kill -9`.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../architecture/source-files.ts";
import type { Block } from "./read-blocks.ts";

export interface DocumentRun {
  /** Empty where every command did what the document says; else what went wrong, and where. */
  readonly problems: readonly string[];
  readonly output: string;
}

const DONE_ALREADY = /^\s*(npm (ci|install)|git clone .*|cd countinghouse)\s*(#.*)?$/;
const START = /^\s*((?:[A-Z_]+=\S+ )*(?:npm start|npx countinghouse serve)\b[^&#]*)&?\s*(#.*)?$/;
const EXPECTED = /^\s*# => (.+)$/;
const NOT_LINKED = new Set([".git", ".env", "data", "exports"]);
/** What a walk may leave in its folder: git ignores it, or it is the runner's. */
const LEFT = new Set(["data", "exports", ".blocks", "server.out"]);
/** Answers that a document never means to show; 403, 409, 422 and 429 are refusals worth showing. */
const STATUS_WRONG = /^(000|400|401|404|405|415|5\d\d) .*$/gm;
const TIME_MAX_MS = 300_000;

const PRELUDE = `
set -euo pipefail
set -m
SERVER=
curl() { command curl --write-out '%{stderr}@status %{http_code} %{method} %{url}\\n' "$@"; }
npx() { if [ "$NPX $1" = "direct countinghouse" ]; then "node_modules/.bin/$@"; else command npx "$@"; fi; }
stop_server() {
  [ -n "$SERVER" ] || return 0
  kill "-\${1:-INT}" -- "-$SERVER" 2>/dev/null || true
  wait "$SERVER" 2>/dev/null || true
  # npm may end before the server that it started: wait for all of the group.
  for _ in $(seq 1 400); do kill -0 -- "-$SERVER" 2>/dev/null || break; sleep 0.05; done
  kill -KILL -- "-$SERVER" 2>/dev/null || true
  SERVER=
}
start_server() {
  stop_server
  bash -c "$1" >>server.out 2>&1 3>&- &
  SERVER=$!
  for _ in $(seq 1 1200); do
    if command curl --fail --silent --output /dev/null "http://localhost:$PORT/health/ready"; then return 0; fi
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.05
  done
  echo "the server did not become ready" >&2
  cat server.out >&2
  return 1
}
trap 'echo "$BLOCK: exit code $?: $BASH_COMMAND" >&3' ERR
trap 'stop_server "$ENDED_BY"' EXIT
`;

export interface Walk {
  /** The command that starts the server where the document has none. */
  readonly start?: string;
  /** How often the document is walked through on one data directory. */
  readonly times?: number;
  /** The Node of the reader, who uses npx. Without it the machine's, and npx is passed by, which costs a second each time. */
  readonly node?: string;
}

/** Runs the blocks that are to be run. */
export async function runBlocks(
  blocks: readonly Block[],
  { start = "npm start", times = 1, node }: Walk = {},
): Promise<DocumentRun> {
  const folder = mkdtempSync(join(tmpdir(), "document-"));
  try {
    for (const name of readdirSync(ROOT))
      if (!NOT_LINKED.has(name)) symlinkSync(join(ROOT, name), join(folder, name));
    mkdirSync(join(folder, ".blocks"));
    const port = await findFreePort();
    writeFileSync(join(folder, ".blocks", "script.sh"), writeScript(blocks, { port, start }));
    let run: DocumentRun = { problems: [], output: "" };
    for (let walk = 1; walk <= times && run.problems.length === 0; walk += 1) {
      const env = { ...readerEnvironment(port, node), ENDED_BY: walk < times ? "KILL" : "TERM" };
      const { problems, output } = await runScript(folder, env);
      const found = problems.length > 0 ? problems : [...findSurprises(folder, blocks), ...findLeft(folder)];
      run = { problems: walk === 1 ? found : found.map((what) => `walk ${walk}: ${what}`), output };
    }
    return run;
  } finally {
    await endDatabase(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function writeScript(blocks: readonly Block[], { port, start }: { port: number; start: string }): string {
  const startsItself = blocks.some((block) => block.commands.split("\n").some((line) => START.test(line)));
  const parts = blocks.map((block, index) => {
    const lines = block.commands
      .split("\n")
      .filter((line) => !DONE_ALREADY.test(line))
      .map(startInBackground);
    const commands = lines.join("\n").replace(/(localhost|127\.0\.0\.1):8000\b/g, `$1:${port}`);
    const files = `>.blocks/${index}.out 2>.blocks/${index}.err`;
    return `BLOCK=${block.document}:${block.line}\n{\n:\n${commands}\n} ${files}`;
  });
  const first = startsItself ? "BLOCK=start" : `BLOCK=start\nstart_server ${quote(start)}`;
  return [PRELUDE, first, ...parts, ""].join("\n");
}

function startInBackground(line: string): string {
  const command = START.exec(line)?.[1];
  return command === undefined ? line : `start_server ${quote(command.trim())}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function runScript(folder: string, env: Record<string, string>): Promise<DocumentRun> {
  const child = spawn("bash", [join(".blocks", "script.sh")], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    timeout: TIME_MAX_MS,
  });
  let marks = "";
  let errors = "";
  child.stdio[3]?.on("data", (chunk) => (marks += chunk));
  child.stderr?.on("data", (chunk) => (errors += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const output = `${errors}${readOutputs(folder)}`;
      const problem = marks.trim() || `the shell ended with ${signal ?? code}`;
      resolve({ problems: code === 0 ? [] : [problem], output });
    });
  });
}

/** As little of this process's environment as a new terminal would have: nothing of npm, vitest or CI. */
function readerEnvironment(port: number, node?: string): Record<string, string> {
  const { HOME = "/", PATH = "", LANG = "C.UTF-8" } = process.env;
  const path = PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  if (node !== undefined) path.unshift(dirname(node));
  const npx = node === undefined ? "direct" : "npx";
  return { HOME, LANG, PATH: path.join(delimiter), PORT: String(port), LOG_LEVEL: "warn", NPX: npx };
}

function readOutputs(folder: string): string {
  const names = readdirSync(join(folder, ".blocks")).filter((name) => /\.(out|err)$/.test(name));
  return names
    .sort()
    .map((name) => `--- ${name}\n${readFileSync(join(folder, ".blocks", name), "utf8")}`)
    .join("");
}

/** Commands that ended well and yet did not do what the document says. */
function findSurprises(folder: string, blocks: readonly Block[]): string[] {
  return blocks.flatMap((block, index) => {
    const out = readFileSync(join(folder, ".blocks", `${index}.out`), "utf8");
    const errors = readFileSync(join(folder, ".blocks", `${index}.err`), "utf8").replace(/^.*@status /gm, "");
    const expected = block.commands.split("\n").flatMap((line) => EXPECTED.exec(line)?.[1] ?? []);
    const missing = expected.filter((text) => !out.includes(text)).map((text) => `does not print: ${text}`);
    const wrong = [...errors.matchAll(STATUS_WRONG)].map(([answer]) => `is answered ${answer}`);
    return [...missing, ...wrong].map((what) => `${block.document}:${block.line}: ${what}`);
  });
}

/** Files beside the data that git would see. */
function findLeft(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !(entry.isSymbolicLink() || LEFT.has(entry.name)))
    .map(({ name }) => `leaves ${name} behind`);
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Waits for the PostgreSQL of the document to end: it outlives the server by a moment, and for good where the document
 * ends right after `kill -9`; then it is ended by the pid that it wrote itself.
 */
async function endDatabase(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const running = readDatabasePids(join(folder, "data")).filter((pid) => signal(pid, 0));
    if (running.length === 0) return;
    if (tries === 50) for (const pid of running) signal(pid, "SIGQUIT");
    await sleep(100);
  }
}

function readDatabasePids(data: string): number[] {
  if (!existsSync(data)) return [];
  const names = readdirSync(data, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith("postmaster.pid"))
    .map((name) => Number(readFileSync(join(data, name), "utf8").split("\n")[0]))
    .filter((pid) => pid > 1);
}

/** Whether the process was there to take the signal; 0 only asks. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
