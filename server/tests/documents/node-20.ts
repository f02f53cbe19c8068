// The oldest Node that npm may run on: the machine's where that is one, else one from npm.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const QUIET_NPM = {
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
};

/** Without the folders of this checkout's programs, which npm puts there. */
export function pathWithoutOurs(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.filter((path) => !path.includes("node_modules")).join(delimiter);
}

/** The path of its program. `place` is a folder that may be made for it. */
export async function findNode20(place: string): Promise<string> {
  for (const path of pathWithoutOurs()
    .split(delimiter)
    .map((path) => join(path, "node"))) {
    if (!existsSync(path)) continue;
    const { stdout } = await run(path, ["--version"]);
    if (stdout.startsWith("v20.")) return path;
  }
  const system = process.platform === "win32" ? "win" : process.platform;
  mkdirSync(place, { recursive: true });
  await run("npm", ["install", "--prefix", place, `node-${system}-${process.arch}@20`], {
    env: { ...process.env, ...QUIET_NPM },
  });
  return join(place, "node_modules", `node-${system}-${process.arch}`, "bin", "node");
}
