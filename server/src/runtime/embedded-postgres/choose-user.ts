// Which user PostgreSQL runs as. It refuses to run as root, so root starts it as another user; every other user as themselves.

import { lchown, lstat, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./error.ts";
import { runProgram } from "./run-program.ts";

export interface ServerUser {
  readonly name: string;
  /** For `spawn`: empty where the user is the present one. */
  readonly ids: { readonly uid: number; readonly gid: number } | Record<string, never>;
}

const preferredNames = ["postgres", "_postgres", "nobody"];

/**
 * The owner of an existing cluster takes precedence: a `postgres` user added to the machine later must not lock us out, and an
 * ordinary user's cluster must stay theirs when root starts it once.
 */
export async function chooseUser(clusterDir: string): Promise<ServerUser> {
  const ownUid = process.getuid?.();
  const owner = await stat(clusterDir).catch(() => undefined);
  if (ownUid === undefined) return { name: "the current user", ids: {} };
  if (ownUid !== 0) {
    if (owner !== undefined && owner.uid !== ownUid) throw notOurs(clusterDir, owner.uid, ownUid);
    return { name: `uid ${ownUid}`, ids: {} };
  }
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `uid ${owner.uid}`, ids: { uid: owner.uid, gid: owner.gid } };
  }
  return findUnprivilegedUser();
}

/** Whether the user may pass through `dir` and every folder above it; tried rather than computed, because of ACLs. */
export async function canEnter(user: ServerUser, dir: string): Promise<boolean> {
  if (!("uid" in user.ids)) return true;
  const { code } = await runProgram("/bin/sh", ["-c", 'cd "$1"', "sh", dir], { user, cwd: "/" });
  return code === 0;
}

/**
 * Gives a file or a whole folder to the user; does nothing where it is theirs already. Never follows a symbolic link: the user
 * may have put one there that points to a file of root's.
 */
export async function giveTo(user: ServerUser, path: string): Promise<void> {
  if (!("uid" in user.ids)) return;
  const { uid, gid } = user.ids;
  const found = await lstat(path);
  if (found.uid === uid) return;
  const below = found.isDirectory() ? await readdir(path, { recursive: true }) : [];
  for (const name of below) await lchown(join(path, name), uid, gid);
  await lchown(path, uid, gid);
}

async function findUnprivilegedUser(): Promise<ServerUser> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of preferredNames) {
    const [name, , uid, gid] = lines.find((fields) => fields[0] === wanted) ?? [];
    if (name !== undefined && Number(uid) !== 0) return { name, ids: { uid: Number(uid), gid: Number(gid) } };
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root and /etc/passwd has none of ${preferredNames.join(", ")}: add a user, or run as an ordinary user, or set DB_URL`,
  );
}

function notOurs(clusterDir: string, ownerUid: number, ownUid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${clusterDir} belongs to uid ${ownerUid} but this process is uid ${ownUid}: start as root or as that user, or choose another DATA_DIR`,
  );
}
