// Reads `.env`, and reports its unreadable lines.
import { readFileSync } from "node:fs";
import { parse as parseDotenv } from "dotenv";
import { decodeText } from "../values/decode-text.ts";

export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Configuration: ${problems.join("; ")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Empty where the file does not exist. @throws ConfigError where it cannot be read */
export function readEnvFile(path: string): { values: Record<string, string>; problems: string[] } {
  const text = readTextFile(path);
  return { values: parseDotenv(text), problems: findUnreadLines(text) };
}

/** Empty where the file does not exist. */
function readTextFile(path: string): string {
  try {
    const found = decodeText(readFileSync(path));
    if (found !== undefined) return found.text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new ConfigError([`${path} cannot be read (${(error as Error).message})`]);
  }
  throw new ConfigError([
    `${path} cannot be read: it is not UTF-8, and its secrets would be others; save it as UTF-8`,
  ]);
}

/** The pattern by which dotenv recognizes an assignment (lib/main.js, LINE); dotenv ignores all other lines silently. */
const ASSIGNMENT =
  /^[ \t]*(?:export\s+)?[\w.-]+(?:\s*=\s*?|:\s+?)(?:\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

/** Reported by number: the line may hold a secret. */
function findUnreadLines(text: string): string[] {
  const rest = text
    .replaceAll("\r\n", "\n")
    .replace(ASSIGNMENT, (lines) => "\n".repeat(lines.split("\n").length - 1));
  return rest
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(#|$)/.test(line) ? [] : [`line ${index + 1} of .env cannot be read: write NAME=value`],
    );
}
