// The settings of the program as a whole.
import type { ConfigKey } from "../key.ts";

export const PROGRAM_KEYS = [
  {
    name: "APP_ENV",
    group: "Program",
    type: "choice",
    choices: ["development", "test", "production"],
    default: "development",
    description: "What the program runs as; production refuses defaults that are only fit for trying out.",
  },
  {
    name: "LOG_LEVEL",
    group: "Program",
    type: "choice",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    default: "info",
    description: "The least severe log lines written; each successful request is a debug line.",
  },
  {
    name: "DATA_DIR",
    group: "Program",
    type: "string",
    default: "data",
    description:
      "Folder of the embedded PostgreSQL and of generated keys, relative to where the program is started.",
  },
] as const satisfies readonly ConfigKey[];
