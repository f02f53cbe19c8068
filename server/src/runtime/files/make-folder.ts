// Makes folders that people name. Node's `mkdir` with `recursive` tries for ever where a folder cannot be made though its parent
// exists (below /proc, for example), and the program would hang before printing anything.
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a folder and its missing parents; returns whether it was missing. @throws the system's error, at once */
export function makeFolder(path: string): boolean {
  if (isFolder(path)) return false;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && isFolder(path)) return false; // another process was faster
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
