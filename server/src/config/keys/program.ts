// The settings of the program as a whole.
import { folder } from "../forms.ts";
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
    description: "The least severe log lines written.",
  },
  {
    name: "LOG_FORMAT",
    group: "Program",
    type: "choice",
    choices: ["auto", "text", "json"],
    default: "auto",
    description:
      "How log lines are written; auto: as text at a terminal, else as JSON (Elastic Common Schema).",
  },
  {
    name: "LOG_REQUESTS",
    group: "Program",
    type: "choice",
    choices: ["auto", "on", "off"],
    default: "auto",
    description:
      "Whether each request is an info line, with the code of its refusal; auto: where lines are text. Else it is a debug line, and one that failed here a warning.",
  },
  {
    name: "DATA_DIR",
    group: "Program",
    type: "string",
    form: folder,
    default: "data",
    description:
      "Folder of the embedded PostgreSQL and of generated keys, relative to where the program is started.",
  },
] as const satisfies readonly ConfigKey[];
