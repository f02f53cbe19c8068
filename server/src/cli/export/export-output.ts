// The target of an export. A file gets its name only when it is complete and on disk, so it is never half-written: until then
// it is a temporary file beside it, which is removed when anything fails, including Ctrl-C.
import { rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { makeFolder } from "../../runtime/files/make-folder.ts";
import { CommandError, EXIT_CODES, ReaderGoneError } from "../command-error.ts";

export interface Output {
  /** "-" for standard output. */
  readonly path: string;
  readonly write: (text: string) => Promise<void>;
  /** Gives the file its name, replacing an earlier one. */
  readonly finish: () => Promise<void>;
  /** Removes an unfinished file; does nothing after `finish`. */
  readonly discard: () => Promise<void>;
}

/** Adds the options for the target of an export: at most one may be used. */
export function addOutputOptions(command: Command): Command {
  return command
    .option("--out <file>", "a path; a bare name goes into EXPORT_DIR; - is standard output", "-")
    .addOption(
      new Option("--filename <name>", "a name in EXPORT_DIR; the format's ending is added").conflicts("out"),
    );
}

/** The name from --out or --filename: "report" becomes "report.json", "report.json" stays. @throws CommandError */
export function chooseOutput(
  { out, filename: name }: { readonly out: string; readonly filename?: string },
  ending: string,
): string {
  if (name === undefined) return out;
  if (!/^[^/\\\p{Cc}\p{Cs}]{1,200}$/u.test(name) || name.trim() === "" || /^\.+$/.test(name))
    throw new CommandError("--filename must be a bare name such as my_report; use --out for a path");
  return name.toLowerCase().endsWith(`.${ending}`) ? name : `${name}.${ending}`;
}

/** @throws CommandError where the file cannot be created */
export async function openOutput(out: string, exportDir: string): Promise<Output> {
  if (out === "-") return writeToStandardOutput();
  if (out.trim() === "" || /[/\\]$/.test(out))
    throw new CommandError("--out names no file; give a path, a bare name, or - for standard output");
  const isBareName = out === basename(out);
  const path = isBareName ? join(resolve(exportDir), out) : resolve(out);
  try {
    if (isBareName) makeFolder(resolve(exportDir));
    return await writeToFile(path);
  } catch (error) {
    const reason = (error as Error).message;
    throw new CommandError(
      `cannot write ${path} (${reason}); choose another ${isBareName ? "EXPORT_DIR or " : ""}--out`,
    );
  }
}

async function writeToFile(path: string): Promise<Output> {
  const temporary = `${path}.${process.pid}.part`;
  const file = await open(temporary, "wx", 0o600); // private: it shows who paid whom
  let isOpen = true;
  const remove = () => rmSync(temporary, { force: true });
  const interrupt = () => {
    remove();
    process.exit(EXIT_CODES.failed);
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const close = async () => {
    isOpen = false;
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await file.close();
  };
  return {
    path,
    write: (text) => file.appendFile(text),
    finish: async () => {
      await file.sync();
      await close();
      await rename(temporary, path).finally(remove);
    },
    discard: async () => {
      if (!isOpen) return;
      await close();
      remove();
    },
  };
}

/** Waits for a slow reader. If the reader has gone (`| head`), the command ends once its database is closed. */
function writeToStandardOutput(): Output {
  const nothing = async () => undefined;
  return {
    path: "-",
    write: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => {
          if (error == null) resolve();
          else reject((error as NodeJS.ErrnoException).code === "EPIPE" ? new ReaderGoneError() : error);
        });
      }),
    finish: nothing,
    discard: nothing,
  };
}

/** "1 order", "2 audit entries". */
export function tellCount(count: number, noun: string): string {
  const nouns = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : nouns}`;
}
