// What the audit trail costs the hot path: the command desk with and without its entries, in turns on one database,
// without HTTP (which would only dilute the difference). `node bench/audit-cost.ts [rounds] [seconds]`.
//
// Three columns: no entries at all; entries written with their commands, as the desk does it; and the same with the
// sequencer chaining them meanwhile in this very process, on the same cores.
//
// On a shared machine the rate says little: it changes more from slice to slice than the trail costs. The processor time
// of a command, in this process and all of PostgreSQL, says more, and is what bounds the rate of a saturated machine.
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createSequencer } from "../../server/src/modules/audit/index.ts";
import { runSequencer } from "../../server/src/modules/audit/sequencer/run-sequencer.ts";
import { openBankAccounts } from "../../server/src/modules/banking/accounts/open-bank-accounts.ts";
import { buildPostCommand } from "../../server/src/modules/banking/transactions/post-transactions.ts";
import { type BookCommand, openCommandDesk } from "../../server/src/modules/desk/index.ts";
import { type Assets, loadAssets } from "../../server/src/modules/ledger/index.ts";
import { openRiskGuard } from "../../server/src/modules/risk/index.ts";
import { openBatchConnections } from "../../server/src/runtime/batch-driver/batch-connections.ts";
import { BY_INDEX_SETTINGS } from "../../server/src/runtime/connection-settings.ts";
import { openDatabase, type Sql } from "../../server/src/runtime/database.ts";
import { startEmbeddedPostgres } from "../../server/src/runtime/embedded-postgres/index.ts";
import { hashKey } from "../../server/src/runtime/idempotency.ts";
import { createLog } from "../../server/src/runtime/log.ts";
import { migrate } from "../../server/src/runtime/migrations/migrate.ts";
import { inTransaction } from "../../server/src/runtime/transaction.ts";
import { openVault, type Vault } from "../../server/src/runtime/vault/vault.ts";
import { makeDataFolder, removeDataFolder } from "../workbench.ts";

const ACCOUNTS = 10_000;
const IN_FLIGHT = 256;
const ACTOR = { id: "bench", name: "bench", roles: ["operator"] } as const;
const KINDS = ["without", "with", "chained"] as const;
type Kind = (typeof KINDS)[number];

interface Sample {
  readonly perSecond: number;
  /** Processor time of a command, in microseconds. */
  readonly cpuMicros: number;
}

interface Ground {
  readonly url: string;
  readonly db: Sql;
  readonly assets: Assets;
  readonly vault: Vault;
  readonly accountIds: readonly number[];
}

async function main(rounds: number, seconds: number): Promise<void> {
  const dataDir = await makeDataFolder();
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLog("silent") });
  try {
    const ground = await prepare(postgres.socketUrl ?? postgres.url, dataDir);
    const rates = new Map<Kind, Sample[]>(KINDS.map((kind) => [kind, []]));
    for (let round = 0; round <= rounds; round += 1)
      for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
        const sample = await measure(ground, kind, round === 0 ? 1 : seconds);
        if (round > 0) rates.get(kind)?.push(sample);
      }
    report(rates);
    await ground.db.end();
  } finally {
    await postgres.stop();
    await removeDataFolder(dataDir);
  }
}

async function prepare(url: string, dataDir: string): Promise<Ground> {
  const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: 60_000 });
  await migrate(db);
  const assets = await loadAssets(db);
  const vault = await openVault(db, { encryptionKey: undefined, previousKey: undefined, dataDir });
  const asset = assets.byCode("EUR");
  if (asset === undefined) throw new Error("no EUR");
  const nothing = { name: null, holderName: null, externalNumber: null };
  const request = { ...nothing, asset, ownerId: "bench", creditLimit: 10n ** 15n };
  const accountIds: number[] = [];
  for (let opened = 0; opened < ACCOUNTS; opened += 1_000) {
    const requests = Array.from({ length: 1_000 }, () => request);
    const accounts = await inTransaction(db, (tx) => openBankAccounts(tx, vault, requests));
    accountIds.push(...accounts.map((account) => account.id));
  }
  await db`VACUUM ANALYZE`;
  return { url, db, assets, vault, accountIds };
}

/** A slice with IN_FLIGHT of them under way. */
async function measure(ground: Ground, kind: Kind, seconds: number): Promise<Sample> {
  const batchDb = openBatchConnections({
    url: ground.url,
    poolSize: 2,
    statementTimeoutMs: 60_000,
    settings: BY_INDEX_SETTINGS,
  });
  const limits = { batchItemsMax: 2_000, queueItemsMax: 32_000 };
  const desk = openCommandDesk({ db: ground.db, batchDb, assets: ground.assets, ...limits });
  const log = createLog("warn");
  const sequencer =
    kind === "chained" ? runSequencer({ db: ground.db, vault: ground.vault, log }) : undefined;
  await ground.db`CHECKPOINT`;
  const postmaster = await findPostmaster(ground.db);
  const cpuBefore = readCpuMicros(postmaster);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let done = 0;
  const client = async () => {
    while (performance.now() < endsAt) {
      const outcome = await desk.submit(nextCommand(ground, kind));
      if ("refused" in outcome) throw outcome.refused;
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, client));
  const perSecond = done / ((performance.now() - startedAt) / 1_000);
  const cpuMicros = (readCpuMicros(postmaster) - cpuBefore) / done;
  await desk.close();
  await sequencer?.stop();
  await batchDb.end({ timeout: 5 });
  await chainRest(ground);
  await sleep(200);
  return { perSecond, cpuMicros };
}

function nextCommand({ assets, accountIds }: Ground, kind: Kind): BookCommand {
  const asset = assets.byCode("EUR");
  const [from, to] = [pick(accountIds), pick(accountIds)];
  if (asset === undefined || from === to) return nextCommand({ assets, accountIds } as Ground, kind);
  const origin = { requestId: randomUUID(), ip: `192.0.2.${from % 64}` };
  const key = {
    keyHash: hashKey(ACTOR.id, origin.requestId),
    request: `{"path":"POST /transactions","body":null}`,
  };
  const request = { type: "transfer", accountId: from, toAccountId: to, amount: 1n, asset } as const;
  const command = buildPostCommand(
    { actor: { ...ACTOR, id: `user-${from % 64}` }, assets, risk: NO_RULES, key, origin },
    request,
  );
  return kind === "without" ? { ...command, event: null } : command;
}

const NO_RULES = openRiskGuard([]);

function pick(ids: readonly number[]): number {
  return ids[Math.floor(Math.random() * ids.length)] ?? 0;
}

/** What the slice left over must not be chained in somebody else's. */
async function chainRest({ db, vault }: Ground): Promise<void> {
  const sequencer = createSequencer({ db, vault });
  const startedAt = performance.now();
  let chained = 0;
  for (let round = await sequencer.runRound(); round.more; round = await sequencer.runRound())
    chained += round.chained;
  if (chained > 10_000) {
    const perSecond = chained / ((performance.now() - startedAt) / 1_000);
    console.error(`  chained ${chained} entries afterwards, ${Math.round(perSecond)} a second`);
  }
}

async function findPostmaster(db: Sql): Promise<number> {
  const [row] = await db<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
  return Number(readStat(row.pid)[1]);
}

/** Fields of /proc/<pid>/stat behind the name: state, parent, ... */
function readStat(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

const TICK_MICROS = 10_000;

/** Of this process and of PostgreSQL with all its living children, so far. */
function readCpuMicros(postmaster: number): number {
  const { user, system } = process.cpuUsage();
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent, ...fields] = readStat(pid);
      if (Number(parent) === postmaster) ticks += Number(fields[9]) + Number(fields[10]);
    } catch {
      // it ended meanwhile
    }
  }
  return user + system + ticks * TICK_MICROS;
}

function report(samples: ReadonlyMap<Kind, readonly Sample[]>): void {
  const base = samples.get("without") ?? [];
  for (const [kind, values] of samples) {
    const line = [kind.padEnd(8)];
    for (const figure of ["perSecond", "cpuMicros"] as const) {
      const ratios = values.map((value, round) => value[figure] / (base[round]?.[figure] ?? 1) - 1);
      const unit = figure === "perSecond" ? "commands/s" : "µs of processor a command";
      line.push(
        `${Math.round(median(values.map((value) => value[figure])))} ${unit} (${(median(ratios) * 100).toFixed(1)} %)`,
      );
    }
    console.log(line.join("  "));
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const [rounds = "5", seconds = "4"] = process.argv.slice(2);
await main(Number(rounds), Number(seconds));
