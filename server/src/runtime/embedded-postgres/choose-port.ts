// The TCP port on 127.0.0.1: the port of the last start if it is free, so that an operator's saved connection keeps working,
// otherwise another free one.

import { randomInt } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./error.ts";

// Below every platform's ephemeral range. Inside it, a client that keeps reconnecting while the server is down can be
// given the server's own port as its source, connect to itself, and so keep the server from coming back.
const portMin = 15_432;
const portMax = 32_000;
const tryCountMax = 50;

/** The port is free when checked; another program may still take it first, so a server that cannot bind is tried again. */
export async function choosePort(dataDir: string): Promise<number> {
  const last = Number(await readFile(portFile(dataDir), "utf8").catch(() => ""));
  if (last >= 1024 && last <= 65_535 && (await isFree(last))) return last;
  for (let count = 0; count < tryCountMax; count++) {
    const port = randomInt(portMin, portMax);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedPostgresError(
    `no free port for PostgreSQL between ${portMin} and ${portMax} on 127.0.0.1: stop something, or set DB_URL`,
  );
}

export async function rememberPort(dataDir: string, port: number): Promise<void> {
  await writeFile(portFile(dataDir), `${port}\n`);
}

function portFile(dataDir: string): string {
  return join(dataDir, "postgres-port");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
