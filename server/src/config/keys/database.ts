// The settings of the database.
import { text } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const DATABASE_KEYS = [
  {
    name: "DB_URL",
    group: "Database",
    ...secret(text),
    description:
      "URL of a PostgreSQL 15 or later; without it, and without DB_NAME and the like, the program starts its own in DATA_DIR.",
    aliases: [{ name: "DATABASE_URL" }],
  },
  {
    name: "DB_USER",
    group: "Database",
    type: "string",
    form: text,
    default: undefined,
    earlier: true,
    description: "With DB_NAME a PostgreSQL in parts, where DB_URL is not set: the role.",
  },
  {
    name: "DB_PASSWORD",
    group: "Database",
    ...secret(text),
    earlier: true,
    description: "The role's password, as it is: nothing in it need be percent-encoded.",
  },
  {
    name: "DB_HOST",
    group: "Database",
    type: "string",
    form: text,
    default: "localhost",
    earlier: true,
    description: "Host of DB_NAME; a path is the folder of its socket.",
  },
  {
    name: "DB_PORT",
    group: "Database",
    type: "integer",
    minimum: 1,
    maximum: 65_535,
    default: "5432",
    earlier: true,
    description: "Port of DB_NAME.",
  },
  {
    name: "DB_NAME",
    group: "Database",
    type: "string",
    form: text,
    default: undefined,
    earlier: true,
    description: "The database at DB_HOST that is used.",
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
