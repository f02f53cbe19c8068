// The log: one JSON line an event on standard error, with Elastic Common Schema names and secrets redacted.
import { type Logger, pino, stdTimeFunctions } from "pino";

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

/** Opens the log at a level of LOG_LEVEL. Lines leave synchronously, so that the last ones survive a crash. */
export function createLog(level: string): Log {
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
    process.stderr,
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
