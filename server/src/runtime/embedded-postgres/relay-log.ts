// Copies what PostgreSQL writes to standard error into our log, level by level, and remembers the last lines: they are the only
// explanation when a server does not start.

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

type Write = (fields: object, message: string) => void;

export interface ServerLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** If given, PostgreSQL's routine lines (checkpoints, start, stop) go there instead of to `info`. */
  readonly debug?: Write;
}

export interface RelayedLog {
  /** The reason the server gave for ending, in one line. */
  lastComplaint(): string;
  /** Settles when everything the server wrote has been read. */
  readonly drained: Promise<void>;
}

/** Matched by the line pattern below: process id, then what PostgreSQL appends: severity and message. */
export const logLinePrefix = "[%p] ";
const linePattern = /^\[(\d+)\] ([A-Z0-9]+): {2}(.*)$/;
const keptLineCountMax = 20;

export function relayLog(output: Readable, log: ServerLog): RelayedLog {
  const kept: string[] = [];
  const lines = createInterface({ input: output });
  lines.on("line", (line) => {
    kept.push(line);
    if (kept.length > keptLineCountMax) kept.shift();
    relayLine(line, log);
  });
  return {
    drained: new Promise((resolve) => lines.once("close", resolve)),
    lastComplaint() {
      const reason = kept.findLast((line) => /(FATAL|PANIC|ERROR): /.test(line)) ?? kept.at(-1);
      return linePattern.exec(reason ?? "")?.[3] ?? reason ?? "it said nothing";
    },
  };
}

function relayLine(line: string, log: ServerLog): void {
  const [, pid, severity = "LOG", message = line] = linePattern.exec(line) ?? [];
  const fields = {
    "postgres.severity": severity,
    ...(pid === undefined ? {} : { "postgres.pid": Number(pid) }),
  };
  writeAt(severity, log)(fields, `postgres: ${message.trim()}`);
}

/** ERROR is a failed statement: its client got the error and judges it, and a refusal by a constraint is daily business. */
function writeAt(severity: string, log: ServerLog): Write {
  if (severity === "FATAL" || severity === "PANIC") return (fields, message) => log.error(fields, message);
  if (severity === "WARNING" || severity === "ERROR") return (fields, message) => log.warn(fields, message);
  return (fields, message) =>
    log.debug === undefined ? log.info(fields, message) : log.debug(fields, message);
}
