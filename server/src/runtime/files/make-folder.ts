// Makes folders that people name. `mkdir` with `recursive` of Node tries for ever where a folder cannot be made though the one
// above it is there (below /proc, for one), and the program would hang before it has said a word.
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a folder and what is missing above it; returns whether it was missing. @throws the system's error, at once */
export function makeFolder(path: string): boolean {
  if (isFolder(path)) return false;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && isFolder(path)) return false; // by somebody faster
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
