// Finds the commands that the documents show. A block marked `sh` is run by a test; one marked `sh not-run: <reason>`
// says why it is not. There is no third kind, so no command in a document can rot unnoticed.

export interface Block {
  readonly document: string;
  /** The line of the block's first command in its document. */
  readonly line: number;
  readonly commands: string;
  /** Why the block is not run; undefined where it is. */
  readonly notRun: string | undefined;
}

const FENCE = /^\s*(`{3,}|~{3,})\s*(.*)$/;
const SHELL = new Set(["sh", "bash", "shell", "zsh", "console", "shell-session"]);
const NOT_RUN = /^sh not-run: (.{10,})$/;
/** These would run the tests inside the tests, or take minutes. */
const NEVER_INSIDE = /^\s*(npm (test|run (check|bench))|npx (vitest|countinghouse bench))\b/m;
/** These would end processes of others on the same machine. */
const TOO_BROAD = /\b(pkill|killall)\b/;
/** What such a loop waits for may never come. */
const ENDLESS = /(^|[;&|({]\s*)(until|while)\s/m;
const ANY_DATABASE = /\bneeds? no new\s+database\b/;
const NEW_DATABASE = /\bwants? a new\s+database\b/;

/**
 * How often a document can be walked through on one data directory, as it says itself: "any" is as often as one likes.
 * @throws Error where it says neither or both
 */
export function readDatabaseWish(document: string, text: string): "any" | "new" {
  const [any, fresh] = [ANY_DATABASE.test(text), NEW_DATABASE.test(text)];
  if (any !== fresh) return any ? "any" : "new";
  throw new Error(
    `${document}: say that it "needs no new database", or that it "wants a new database"${any ? ", not both" : ""}`,
  );
}

/** The shell blocks of a document. @throws Error where one is marked in a way that a test cannot act on. */
export function readBlocks(document: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, label = ""] = FENCE.exec(lines[at] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end === -1) throw new Error(`${document}:${at + 1}: the block is never closed`);
    const [language = ""] = label.split(" ");
    if (SHELL.has(language)) {
      blocks.push(
        readBlock({ document, line: at + 2, label, commands: lines.slice(at + 1, end).join("\n") }),
      );
    }
    at = end;
  }
  return blocks;
}

function readBlock(found: { document: string; line: number; label: string; commands: string }): Block {
  const { document, line, label, commands } = found;
  const notRun = NOT_RUN.exec(label)?.[1];
  const where = `${document}:${line - 1}`;
  if (label !== "sh" && notRun === undefined) {
    throw new Error(`${where}: mark the block "sh", or "sh not-run: <reason>", instead of "${label}"`);
  }
  if (notRun === undefined && NEVER_INSIDE.test(commands)) {
    throw new Error(`${where}: a block with tests, checks or the bench needs "sh not-run: <reason>"`);
  }
  if (ENDLESS.test(commands)) throw new Error(`${where}: a loop has an end: for _ in $(seq 100); do ...`);
  if (TOO_BROAD.test(commands)) throw new Error(`${where}: end a process by its id, not by its name`);
  return { document, line, commands, notRun };
}
