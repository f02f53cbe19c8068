// Commands on a stream through kills -9 of the server: what was answered is there once, and what was not is asked again on another
// stream under the same key.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeStream, openStreamClient } from "../servers/stream-client.ts";
import { type ApiClient, balanceOf, openClient, openFundedAccounts } from "./api-client.ts";
import { createRandom, describeTransactions, openCrashLoad, type Write } from "./crash-load.ts";
import { type ServerProcess, startServer, tokenOf } from "./server-process.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 5);
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const OPENING = 1_000;

let dataDir: string;
let server: ServerProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "countinghouse-stream-"));
  await chmod(dataDir, 0o755); // PostgreSQL runs as another user where we are root
  server = await startServer({ dataDir });
});
afterAll(async () => {
  server?.signal("SIGTERM");
  await server?.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** What writes over HTTP in the other crash tests writes on one stream here. */
async function openOnStream(): Promise<ApiClient> {
  const stream = await openStreamClient(server.url, await tokenOf("admin"));
  return {
    post: async (path, body, key = "") => ({
      headers: {},
      ...(await stream.ask(`POST ${path}`, { key, body })),
    }),
    get: async (path) => ({ headers: {}, ...(await stream.ask(`GET ${path}`)) }),
    close: () => void closeStream(stream),
  };
}

it(`keeps every acknowledged command exactly once through ${ROUNDS} kills -9 of the server (CRASH_SEED=${SEED})`, {
  timeout: 600_000,
}, async () => {
  const random = createRandom(SEED);
  const first = await openClient(server.url);
  const accountIds = await openFundedAccounts(first, { count: 20, amount: OPENING });
  first.close();
  const load = openCrashLoad(describeTransactions(accountIds, random));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const client = await openOnStream();
    const stop = new AbortController();
    const running = load.run(client, stop.signal);
    await pause(200 + random(500));
    server.signal("SIGKILL");
    stop.abort();
    await running;
    await server.ended;
    server = await startServer({ dataDir });
    const asking = await openOnStream();
    await load.settle(asking);
    asking.close();
    expect(load.faults, `round ${round}`).toEqual([]);
  }
  const client = await openClient(server.url);
  const balances = await Promise.all(accountIds.map((id) => balanceOf(client, id)));
  expect(balances).toEqual(accountIds.map((id) => OPENING + sumOf(load.writes, id)));
  const ids = load.writes.flatMap(({ outcome }) =>
    outcome !== undefined && "id" in outcome ? [outcome.id] : [],
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(ROUNDS);
  client.close();
});

interface Moved {
  readonly account_id: string;
  readonly to_account_id?: string;
  readonly amount: number;
}

/** What the acknowledged writes together did to the account. */
function sumOf(writes: readonly Write[], accountId: string): number {
  let sum = 0;
  for (const { body, outcome } of writes) {
    if (outcome === undefined || !("id" in outcome)) continue;
    const { account_id: from, to_account_id: to, amount } = body as Moved;
    if (to === undefined) sum += from === accountId ? amount : 0;
    else sum += (to === accountId ? amount : 0) - (from === accountId ? amount : 0);
  }
  return sum;
}
