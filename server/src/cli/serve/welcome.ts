// What a start prints on standard output: where to look next.
import { resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import type { App } from "../../program/start-app.ts";

export function welcome({ url, databaseHint }: Pick<App, "url" | "databaseHint">, config: Config): string {
  const dataDir = resolve(config.DATA_DIR);
  const database =
    config.DB_URL === undefined ? `its own PostgreSQL, data in ${dataDir}` : "the PostgreSQL of DB_URL";
  // Commands in another terminal read the same settings, but not the options of this command.
  const elsewhere = dataDir === resolve("data") ? "" : `DATA_DIR=${quote(dataDir)} `;
  const admin =
    config.APP_ENV === "production"
      ? "admin create --username <name> --email <address>"
      : "token --role admin";
  return [
    "",
    `  Countinghouse runs at ${url} on ${database}`,
    `  Page              ${url}/`,
    `  API page          ${url}/docs`,
    `  ${config.APP_ENV === "production" ? "Administrator    " : "Admin token      "} ${elsewhere}npx countinghouse ${admin}`,
    `  psql              ${databaseHint}`,
    "  Stop              Ctrl-C",
    "",
  ].join("\n");
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
