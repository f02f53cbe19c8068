// The log: one line per event on standard error, with secrets redacted. For programs it is JSON with the names of the Elastic
// Common Schema, for a person at a terminal it is text.
import { type Logger, pino, stdTimeFunctions } from "pino";
import { formatLogLine } from "./format-log.ts";

export type Log = Logger;

const REDACTED = [
  "authorization",
  "*.authorization",
  "*.headers.authorization",
  "*.headers.cookie",
  "password",
  "*.password",
  "token",
  "*.token",
  "DB_URL",
  "*.DB_URL",
];

export type LogFormat = "auto" | "text" | "json";

/** Whether lines are written for people. */
export function isForPeople(format: LogFormat): boolean {
  return format === "text" || (format === "auto" && process.stderr.isTTY === true);
}

/**
 * Opens the log at a level of LOG_LEVEL. Lines are written synchronously, so that the last ones survive a crash.
 * @param format auto: text where standard error is a terminal
 */
export function createLog(level: string, format: LogFormat = "auto"): Log {
  const isColored = process.stderr.hasColors?.() === true; // not with NO_COLOR
  const people = { write: (line: string) => process.stderr.write(formatLogLine(line, isColored)) };
  return pino(
    {
      level,
      base: { "service.name": "countinghouse", "process.pid": process.pid, "ecs.version": "8.17.0" },
      messageKey: "message",
      timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"@timestamp"'),
      formatters: { level: (label) => ({ "log.level": label }) },
      redact: { paths: REDACTED, censor: "[redacted]" },
      serializers: { err: describeError },
      errorKey: "err",
    },
    isForPeople(format) ? people : process.stderr,
  );
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { "error.message": String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    "error.type": error.name,
    "error.message": error.message,
    "error.code": code,
    "error.stack_trace": error.stack,
  };
}
