// The one folder that all files of a test run lie in, so that nothing of it outlives the run. In memory where the machine
// has plenty: a copied database is 550 small files, which a disk takes up to half a second to make and memory 20 ms.
// What the tests prove of kills does not rest on the disk: only the machine's own crash loses what was written.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY_FOLDER = "/dev/shm";
const PLENTY_BYTES = 6 * 1024 ** 3;

export interface RunFolder {
  readonly path: string;
  /** Removes it. Answers the names of what the run's tests have left in it. */
  readonly remove: () => readonly string[];
}

/** Makes the folder and lets this process, and those that it starts, put their temporary files there. */
export function makeRunFolder(): RunFolder {
  const path = makeIn(MEMORY_FOLDER) ?? mkdtempSync(join(tmpdir(), "countinghouse-"));
  chmodSync(path, 0o711); // PostgreSQL runs as another user where we are root
  process.env["TMPDIR"] = path;
  return {
    path,
    remove: () => {
      const left = readdirSync(path);
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
      return left;
    },
  };
}

/** Answers undefined where the folder is not there, too small, or may not run programs, as in many containers. */
function makeIn(root: string): string | undefined {
  let path: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(root);
    if (Math.min(bavail * bsize, freemem()) < PLENTY_BYTES) return undefined;
    path = mkdtempSync(join(root, "countinghouse-"));
    const program = join(path, "tried");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    execFileSync(program);
    rmSync(program);
    return path;
  } catch {
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
    return undefined;
  }
}
