// Repairs the PostgreSQL programs: in the npm package itself where we own it, else in a private copy. The copy appears complete
// or not at all (it is made under another name, then renamed), and is compared with the package when it is used again.

import { randomBytes } from "node:crypto";
import { chmod, cp, lstat, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { makeFolder } from "../files/make-folder.ts";
import { EmbeddedPostgresError } from "./error.ts";

const abandonedAfterMs = 60 * 60 * 1000;

/** Does what the package's install script does and sets the executable bits; returns whether that was possible. */
export async function repairInPlace(nativeDir: string): Promise<boolean> {
  const { uid } = await stat(nativeDir);
  if (process.getuid !== undefined && uid !== process.getuid()) return false; // the files are not ours to change
  return completeFolder(nativeDir).then(
    () => true,
    () => false, // a read-only folder
  );
}

/** Returns a complete copy at `target`, made now or found from an earlier start. */
export async function copyBinaries(nativeDir: string, target: string): Promise<string> {
  await makePassableFolder(dirname(target));
  if (await isFaithfulCopy(nativeDir, target)) return target;
  await removeAbandonedCopies(target);
  const fresh = `${target}.${randomBytes(6).toString("hex")}`;
  await cp(nativeDir, fresh, { recursive: true, verbatimSymlinks: true });
  await openForReading(fresh);
  await completeFolder(fresh);
  if (!(await isFaithfulCopy(nativeDir, target))) await rm(target, { recursive: true, force: true });
  await rename(fresh, target).catch(() => rm(fresh, { recursive: true, force: true })); // another start was first
  if (await isFaithfulCopy(nativeDir, target)) return target;
  throw new EmbeddedPostgresError(`${target} is not a faithful copy of ${nativeDir}`);
}

async function completeFolder(nativeDir: string): Promise<void> {
  for (const name of await readdir(join(nativeDir, "bin"))) {
    const path = join(nativeDir, "bin", name);
    if (((await stat(path)).mode & 0o111) !== 0o111) await chmod(path, 0o755);
  }
  const list = await readFile(join(nativeDir, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await linkIfMissing(join(nativeDir, "..", source), join(nativeDir, "..", target), nativeDir);
  }
}

/** The list's paths start with `native/`, whatever the folder is called here. */
async function linkIfMissing(source: string, target: string, nativeDir: string): Promise<void> {
  const place = join(nativeDir, relative(join(nativeDir, "..", "native"), target));
  await symlink(relative(dirname(target), source), place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

async function openForReading(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = basename(entry.parentPath) === "bin";
    if (!entry.isSymbolicLink()) await chmod(path, entry.isDirectory() || isProgram ? 0o755 : 0o644);
  }
}

/** Passable whatever our umask is; an existing folder keeps its mode. Nobody may be able to tamper with what root runs. */
async function makePassableFolder(dir: string): Promise<void> {
  if (makeFolder(dir)) await chmod(dir, 0o755);
  if (process.getuid?.() !== 0) return; // ordinary users decide themselves who may write into their folders
  const { mode, uid } = await stat(dir);
  const isSticky = (mode & 0o1000) !== 0; // /tmp: others may add names but not touch ours
  if (!isSticky && !isSafeFromOthers(mode, uid)) {
    throw new EmbeddedPostgresError(`others may change ${dir}, so no programs are kept there`);
  }
}

/**
 * The copy has the same names and sizes, and nobody else could have written it. Comparing sizes is enough: the rename makes the
 * copy complete, and a power failure can only leave files that are cut short.
 */
async function isFaithfulCopy(nativeDir: string, copyDir: string): Promise<boolean> {
  const own = await lstat(copyDir).catch(() => undefined);
  if (own === undefined || !own.isDirectory() || !isSafeFromOthers(own.mode, own.uid)) return false;
  const names = await readdir(nativeDir, { recursive: true });
  const same = await Promise.all(names.map((name) => isSameSize(join(nativeDir, name), join(copyDir, name))));
  return same.every(Boolean);
}

async function isSameSize(pathA: string, pathB: string): Promise<boolean> {
  const [a, b] = await Promise.all([pathA, pathB].map((path) => stat(path).catch(() => undefined)));
  return a !== undefined && b !== undefined && (a.isDirectory() ? b.isDirectory() : a.size === b.size);
}

function isSafeFromOthers(mode: number, uid: number): boolean {
  const ownUid = process.getuid?.();
  return ownUid === undefined || ((uid === ownUid || uid === 0) && (mode & 0o022) === 0);
}

/** A kill during copying leaves 60 MB behind; a younger leftover may belong to another start that is still at work. */
async function removeAbandonedCopies(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(`${basename(target)}.`)) continue;
    const path = join(dirname(target), name);
    const age = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs);
    if (age > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}
