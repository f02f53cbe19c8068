// The settings of its database.
import type { ConfigKey } from "../key.ts";

export const DATABASE_KEYS = [
  {
    name: "DB_URL",
    group: "Database",
    type: "string",
    default: undefined,
    secret: true,
    description:
      "URL of a PostgreSQL 15 or later; without it the program starts its own in DATA_DIR. DATABASE_URL is read too.",
  },
  {
    name: "DB_POOL_SIZE",
    group: "Database",
    type: "integer",
    minimum: 2,
    maximum: 500,
    default: "10",
    description: "Connections for reads and single commands.",
  },
  {
    name: "DB_CONNECT_RETRY_SECONDS",
    group: "Database",
    type: "integer",
    minimum: 0,
    maximum: 3_600,
    default: "30",
    description: "How long the start keeps trying to reach a database that does not answer.",
  },
] as const satisfies readonly ConfigKey[];
