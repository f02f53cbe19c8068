// Publishes checkpoints as files: `<directory>/<log>/checkpoint` is the latest, `<directory>/<log>/<size>` each of them. Anybody
// who copies the folder to a place that we cannot reach can later prove it if we changed the past.
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../../runtime/files/make-folder.ts";
import type { StoredCheckpoint } from "./checkpoint-store.ts";
import type { LogName } from "./log-store.ts";

/** Never overwrites the file of a size: a published checkpoint stays. */
export async function publishCheckpoint(
  directory: string,
  log: LogName,
  { size, note }: Pick<StoredCheckpoint, "size" | "note">,
): Promise<void> {
  const folder = join(directory, log);
  makeFolder(folder);
  const isNew = await writeFile(join(folder, String(size)), note, { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (!isNew) return;
  const latest = join(folder, "checkpoint");
  await writeFile(`${latest}.${process.pid}`, note);
  await rename(`${latest}.${process.pid}`, latest);
}

/** The notes that were published for a log, by the size in their file's name. */
export async function readPublished(directory: string, log: LogName): Promise<Map<number, string>> {
  const folder = join(directory, log);
  const names = await readdir(folder).catch(() => []);
  const sizes = names.filter((name) => /^(0|[1-9]\d*)$/.test(name));
  const notes = sizes.map(
    async (name) => [Number(name), await readFile(join(folder, name), "utf8")] as const,
  );
  return new Map(await Promise.all(notes));
}
