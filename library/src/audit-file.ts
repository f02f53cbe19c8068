// The file that an audit log is kept in. Whoever appends holds its lock for that moment, so that any number of processes may
// share a file and the chain never forks; an entry is on disk before it is acknowledged.
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AuditContent,
  type AuditLogEntry,
  type AuditLogVerdict,
  findProblem,
  HEAD_OF_NOTHING,
  isBeginning,
  linkEntry,
  readLine,
  writeLine,
} from "./audit-entry.ts";

/** No line is longer, so that the last one is found in so many bytes at the end. */
const LINE_BYTES_MAX = 65_536;
const WAIT_MAX_MS = 60_000;
const POLL_MS = 2;
/** Appending takes milliseconds: a lock as old as this was left by a process that died. */
const LOCK_AGE_MAX_MS = 30_000;

/** What this process writes to a file, by its path: one entry after the other, in the order in which they were logged. */
const queues = new Map<string, Promise<unknown>>();

/** Appends behind what is there, whoever wrote it. @throws Error where the file cannot be written, or ends in no entry */
export function appendEntry(path: string, content: AuditContent): Promise<AuditLogEntry> {
  const appended = (queues.get(path) ?? Promise.resolve()).then(() => append(path, content));
  queues.set(
    path,
    appended.catch(() => undefined),
  );
  return appended;
}

/** Resolves when all that was logged so far is written, or was refused. */
export async function awaitWritten(path: string): Promise<void> {
  await queues.get(path);
}

/** This process stood still for so long that another took it for dead. */
class LockLostError extends Error {}

async function append(path: string, content: AuditContent): Promise<AuditLogEntry> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      return await appendLocked(path, content);
    } catch (error) {
      if (!(error instanceof LockLostError)) throw error;
    }
  }
}

async function appendLocked(path: string, content: AuditContent): Promise<AuditLogEntry> {
  const lock = await takeLock(`${path}.lock`);
  try {
    const file = await open(path, "a+", 0o600);
    try {
      const entry = linkEntry(content, await readLast(file, path));
      const line = Buffer.from(writeLine(entry));
      if (line.byteLength > LINE_BYTES_MAX) throw new Error(`an entry has at most ${LINE_BYTES_MAX} bytes`);
      if (!(await lock.isMine())) throw new LockLostError();
      await file.appendFile(line);
      await file.sync();
      return entry;
    } finally {
      await file.close();
    }
  } finally {
    await lock.release();
  }
}

/** The last whole entry. What a process that died has left of a line behind it was never acknowledged, and is removed. */
async function readLast(file: FileHandle, path: string): Promise<AuditLogEntry | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined;
  const start = Math.max(0, size - 2 * LINE_BYTES_MAX);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const tail = buffer.subarray(0, bytesRead);
  const end = tail.lastIndexOf("\n") + 1;
  const text = tail.subarray(0, Math.max(0, end - 1)).toString("utf8");
  const entry = readLine(text.slice(text.lastIndexOf("\n") + 1));
  const isEmptyLog = end === 0 && start === 0 && isBeginning(tail.toString("utf8"));
  if (entry === undefined && !isEmptyLog)
    throw new Error(`${path} does not end with an entry of an audit log; give it another file`);
  if (start + end < size) await file.truncate(start + end);
  return entry;
}

interface Lock {
  readonly isMine: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/** @throws Error where others hold it for too long */
async function takeLock(path: string): Promise<Lock> {
  const mine = randomUUID();
  const giveUpAt = performance.now() + WAIT_MAX_MS;
  for (;;) {
    try {
      await writeFile(path, mine, { flag: "wx", mode: 0o600 });
      return openLock(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    await removeStale(path);
    if (performance.now() > giveUpAt)
      throw new Error(`${path} is held by another process; remove it if there is none`);
    await sleep(POLL_MS * (1 + Math.random()));
  }
}

function openLock(path: string, mine: string): Lock {
  const isMine = async () => (await describeLock(path))?.owner === mine;
  const release = async () => {
    if (await isMine()) await rm(path, { force: true });
  };
  return { isMine, release };
}

/** One of those who find it removes it: a rename happens once. */
async function removeStale(path: string): Promise<void> {
  const before = await describeLock(path);
  if (before === undefined || Date.now() - before.since < LOCK_AGE_MAX_MS) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined); // another was faster
  await rm(aside, { force: true });
}

async function describeLock(path: string): Promise<{ owner: string; since: number } | undefined> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { owner, since: mtimeMs };
  } catch {
    return undefined; // released meanwhile
  }
}

/** Reads it from the first entry; a file that is not there is empty. Stops at the first entry that is not as it was written. */
export async function verifyFile(path: string): Promise<AuditLogVerdict> {
  let before: AuditLogEntry | undefined;
  let line = 0;
  try {
    const lines = createInterface({
      input: createReadStream(path, "utf8"),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    for await (const text of lines) {
      line += 1;
      const reason = findProblem(text, before);
      if (reason !== undefined) return { valid: false, line, reason };
      before = readLine(text);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return { valid: true, entryCount: line, head: before?.hash ?? HEAD_OF_NOTHING };
}
