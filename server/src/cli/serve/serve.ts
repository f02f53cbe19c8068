// `countinghouse serve`: starts the program and says in a few lines what runs where. All errors in
// settings, folders and addresses are reported together, before anything is created.
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import { type GivenOption, type ReadConfig, readConfig } from "../../config/load-config.ts";
import type { Judge } from "../../program/open-databases.ts";
import { DirectoryInUseError } from "../../runtime/embedded-postgres/index.ts";
import { createLog } from "../../runtime/log.ts";
import { CommandError } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { findPlaceProblems } from "./judge-places.ts";
import { findRunning, noteRunning } from "./running-server.ts";
import { stopOnSignal } from "./stop-on-signal.ts";
import { welcome } from "./welcome.ts";

interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
}

/** How long a second start waits until the first one is ready. */
const START_MAX_MS = 10_000;
const POLL_MS = 100;

export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .description("start the server (and PostgreSQL, unless DB_URL names one)")
    .option("--port <port>", "port to listen on, in the place of PORT")
    .option("--host <address>", "address to listen on, in the place of HOST")
    .option("--data-dir <folder>", "folder of its data and keys, in the place of DATA_DIR")
    .action(serve);
  addExamples(command, [
    ["countinghouse serve", "on http://127.0.0.1:8000, with a PostgreSQL of its own in ./data"],
    ["countinghouse serve --port 9000 --data-dir /var/lib/shop", "elsewhere"],
    ["DB_URL=postgres://user:password@host/name countinghouse serve", "on your PostgreSQL"],
  ]);
}

async function serve(options: ServeOptions): Promise<void> {
  const { config, notes, nameAsGiven } = await readSettings(options);
  const log = createLog(config.LOG_LEVEL, config.LOG_FORMAT);
  for (const note of notes) log.warn(note);
  // The other commands start in half the time without these; and PostgreSQL starts while the second one is loading.
  const { openDatabases } = await import("../../program/open-databases.ts");
  const reading = import("../../program/start-app.ts");
  const judge: Judge = async (database) => (await reading).judgeSettings(config, database);
  const opening = openDatabases(config, log, judge).catch((error: unknown) => nameHolder(error, config));
  opening.catch(() => undefined); // startApp reports the error
  const starting = reading.then(async ({ startApp }) => {
    const app = await startApp(config, log, opening).catch((error: unknown) => {
      throw error instanceof ConfigError ? new ConfigError(nameAsGiven(error.problems)) : error;
    });
    return { app, forget: noteRunning(resolve(config.DATA_DIR), app.url) };
  });
  const isStartLeft = config.DB_URL !== undefined;
  const isStopping = stopOnSignal(starting, { log, timeoutMs: config.SHUTDOWN_TIMEOUT_MS, isStartLeft });
  const { app } = await starting;
  if (isStopping()) return;
  if (process.stdout.isTTY || config.APP_ENV !== "production") console.log(welcome(app, config));
}

/** @throws ConfigError naming all errors; CommandError where a server runs here already */
async function readSettings(given: ServeOptions): Promise<ReadConfig> {
  const found = readConfig({ options: listOptions(given) });
  const { config, problems, nameAsGiven } = found;
  if (problems.length > 0) {
    const { findSettingProblems } = await import("../../program/module-list.ts");
    const others = [...findSettingProblems(config), ...(await findPlaceProblems(config))];
    throw new ConfigError([...problems, ...nameAsGiven(others)]);
  }
  await refuseSecond(config);
  const places = await findPlaceProblems(config);
  if (places.length > 0) throw new CommandError(nameAsGiven(places).join("; "));
  return found;
}

function listOptions({ port, host, dataDir }: ServeOptions): GivenOption[] {
  const options = {
    PORT: ["--port", port],
    HOST: ["--host", host],
    DATA_DIR: ["--data-dir", dataDir],
  } as const;
  return Object.entries(options).flatMap(([key, [option, value]]) =>
    value === undefined ? [] : [{ key, option, value }],
  );
}

/** The data directory may be held by a starting server: this waits for its address. @throws the given error, or a better one */
async function nameHolder(error: unknown, config: Config): Promise<never> {
  const isHeld = error instanceof DirectoryInUseError;
  for (const end = performance.now() + START_MAX_MS; isHeld && performance.now() < end; await sleep(POLL_MS))
    await refuseSecond(config);
  throw error;
}

/** Several servers may share a database of DB_URL, but not an address. @throws CommandError */
async function refuseSecond({ DATA_DIR, DB_URL, PORT }: Config): Promise<void> {
  const dataDir = resolve(DATA_DIR);
  const running = await findRunning(dataDir);
  if (running === undefined || (DB_URL !== undefined && Number(new URL(running.url).port) !== PORT)) return;
  const { pid, url } = running;
  throw new CommandError(
    `already running here, pid ${pid}, ${url} (data in ${dataDir}); end it with: kill ${pid}, or choose another DATA_DIR and PORT`,
  );
}
