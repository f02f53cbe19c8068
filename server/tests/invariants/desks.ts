// The product's desks on a real PostgreSQL, several of them with connections of their own, as several processes would
// have; and how a history is played on them.
import { setImmediate } from "node:timers/promises";
import { type CommandDesk, type CommandOutcome, openCommandDesk } from "../../src/modules/desk/index.ts";
import { changeAccount } from "../../src/modules/ledger/accounts/change-account.ts";
import { type Assets, loadAssets, openAccounts } from "../../src/modules/ledger/index.ts";
import { openBatchConnections } from "../../src/runtime/batch-driver/batch-connections.ts";
import { openDatabase, type Sql } from "../../src/runtime/database.ts";
import { inTransaction } from "../../src/runtime/transaction.ts";
import { AppError } from "../../src/values/app-error.ts";
import { createTestDatabase } from "../database.ts";
import { ADMIN, type Ground, readOutcome, toBookCommand } from "./book-commands.ts";
import { type Batch, cutIntoBatches, SETTING, type Step, stampAfter } from "./histories.ts";
import { type Act, type Command, createModel, type Model, type Outcome, WORLD } from "./model.ts";

const UNKNOWN_ID = 9_000_000_000_000_000;

export interface Desks {
  readonly db: Sql;
  readonly url: string;
  readonly assets: Assets;
  readonly desks: readonly CommandDesk[];
  /** How many batches were decided in each way. */
  readonly decided: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

/** Histories move the clock on by hours; there must be partitions where it ends. */
const MONTHS_AHEAD = 60;
/** The database's clock as the desks see it: theirs is looked up before PostgreSQL's own, and can be moved on. */
const MOVED_CLOCK = `
  CREATE SCHEMA moved;
  CREATE SEQUENCE moved.microseconds MINVALUE 0 START 0;
  CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT pg_catalog.clock_timestamp() + last_value * interval '1 microsecond' FROM moved.microseconds
  $$;`;
const settings = { search_path: "moved, pg_catalog" };

export async function openDesks(count: number): Promise<Desks> {
  const { db: owner, url, drop } = await createTestDatabase();
  await owner`SELECT ledger.create_partitions(${MONTHS_AHEAD})`;
  await owner.unsafe(MOVED_CLOCK);
  const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: 60_000, settings });
  const assets = await loadAssets(db);
  const pools = Array.from({ length: count }, () =>
    openBatchConnections({ url, poolSize: 2, statementTimeoutMs: 60_000, settings }),
  );
  const decided = new Map<string, number>();
  const onDecided = (way: string) => void decided.set(way, (decided.get(way) ?? 0) + 1);
  const limits = { lanesMax: 2, batchItemsMax: 1_000, queueItemsMax: 100_000 };
  // To every other one stamps grow old, and it chooses its own; to the rest they never do.
  const desks = pools.map((batchDb, index) => {
    const clock = index % 2 === 0 ? {} : { clock: () => 0 };
    return openCommandDesk({ db, batchDb, assets, ...limits, isPersistent: true, ...clock, onDecided });
  });
  const close = async () => {
    for (const desk of desks) await desk.close();
    for (const pool of [db, ...pools]) await pool.end({ timeout: 5 });
    await drop();
  };
  return { db, url, assets, desks, decided, close };
}

export interface Played {
  readonly outcomes: Outcome[];
  readonly expected: Outcome[];
  readonly ground: Ground;
  readonly model: Model;
  /** Stamp at which the history ended. */
  readonly end: number;
}

/** Where and when a command was decided: the moment of its batch, and its place there. */
interface Place {
  readonly now: number;
  readonly order: number;
}

/** Plays each batch on one desk, the one that the history says: the model takes the items in the same order. */
export function playInTurn(on: Desks, steps: readonly Step[]): Promise<Played> {
  return play(on, steps, { arrange: ({ commands, desk }) => [{ desk: desk % on.desks.length, commands }] });
}

/**
 * Plays each batch on all desks at once, item by item: the order is theirs. The model takes the items in the order of
 * their stamps, which is the order of commits of every account.
 */
export function playAtOnce(on: Desks, steps: readonly Step[]): Promise<Played> {
  const arrange = ({ commands }: Batch) =>
    commands.map((command) => ({ desk: command.number % on.desks.length, commands: [command] }));
  return play(on, withoutSiblings(steps), { arrange });
}

/** In a batch played at once no command can name what another one of it makes: nobody knows its id yet. */
function withoutSiblings(steps: readonly Step[]): Step[] {
  const firstOf = new Map<number, number>();
  for (const { commands } of cutIntoBatches(steps))
    for (const { number } of commands) firstOf.set(number, commands[0]?.number ?? number);
  return steps.map((step) => {
    const { act, number } = step.command;
    const isSibling = (of: number) => of >= (firstOf.get(number) ?? number);
    if (act.act === "together" && isSibling(act.release)) return withAct(step, { ...act, release: -1 });
    return "of" in act && isSibling(act.of) ? withAct(step, { ...act, of: -1 }) : step;
  });
}

function withAct(step: Step, act: Act): Step {
  return { ...step, command: { ...step.command, act } };
}

interface Manner {
  readonly arrange: (batch: Batch) => { desk: number; commands: readonly Command[] }[];
}

async function play(on: Desks, steps: readonly Step[], { arrange }: Manner): Promise<Played> {
  const places = new Map<number, Place>();
  let order = 0;
  const ground = await openGround(on, steps, ({ number }, { book }) => {
    order += 1;
    places.set(number, { now: book.now, order });
  });
  const model = createModel(SETTING);
  const [outcomes, expected]: [Outcome[], Outcome[]] = [[], []];
  let end = ground.startStamp;
  for (const batch of cutIntoBatches(steps)) {
    const { hours, commands, meanwhile } = batch;
    end = stampAfter(ground.startStamp, hours);
    await passTimeUntil(on.db, end);
    if (meanwhile === "versions") await raiseVersions(on.db, ground);
    if (meanwhile === "settling") await on.db`SELECT nextval('ledger.settlings')`;
    const found = await commit(on, { ground, parts: arrange(batch) });
    const asDecided = commands.toSorted((a, b) =>
      comparePlaces(placeOf(a, { found, places }), placeOf(b, { found, places })),
    );
    for (const command of asDecided) {
      expected[command.number] = model.apply(inStamps(ground, command), end);
      outcomes[command.number] = found.get(command.number)?.outcome ?? { refused: "not answered" };
    }
  }
  return { outcomes, expected, ground, model, end };
}

interface Found {
  readonly outcome: Outcome;
  readonly isRepeat: boolean;
}

/** A repeat was decided where its original was: it comes after everything that was decided. */
function placeOf(
  { number }: Command,
  { found, places }: { found: ReadonlyMap<number, Found>; places: ReadonlyMap<number, Place> },
): Place {
  const last = { now: Number.POSITIVE_INFINITY, order: number };
  return found.get(number)?.isRepeat === true ? last : (places.get(number) ?? last);
}

function comparePlaces(a: Place, b: Place): number {
  return a.now === b.now ? a.order - b.order : a.now - b.now;
}

async function openGround(
  { db, assets }: Desks,
  steps: readonly Step[],
  onDecide: NonNullable<Ground["onDecide"]>,
): Promise<Ground> {
  const asset = assetOf(assets, "JPY");
  const named = Object.entries(SETTING.accounts);
  const opened = await inTransaction(db, (tx) =>
    openAccounts(
      tx,
      named.map(([, code]) => ({ assetId: assetOf(assets, code).id, creditLimit: 0n })),
    ),
  );
  await db`SELECT nextval('ledger.settlings')`; // what comes from here on has later stamps
  const [clock] = await db<[{ stamp: bigint }]>`SELECT ledger.take_stamps(1) AS stamp`;
  const ids = new Map(named.map(([name], index) => [name, opened[index] ?? 0]));
  return {
    ids: new Map([...ids, [WORLD, assets.systemAccount(asset.id, "world")], ["nobody", UNKNOWN_ID]]),
    asset,
    assets,
    startStamp: Number(clock.stamp),
    keyPrefix: `${clock.stamp}-`,
    commands: new Map(steps.map(({ command }) => [command.number, command])),
    made: new Map(),
    posted: new Map(),
    onDecide,
  };
}

function assetOf(assets: Assets, code: string) {
  const asset = assets.byCode(code);
  if (asset === undefined) throw new Error(`no asset ${code}`);
  return asset;
}

/** As somebody does who writes the accounts without any desk. */
async function raiseVersions(db: Sql, { ids }: Ground): Promise<void> {
  await db`
    UPDATE ledger.accounts SET version = version + 1 WHERE id = ANY(${[...ids.values()].map(String)}::bigint[])`;
}

async function passTimeUntil(db: Sql, stamp: number): Promise<void> {
  await db`
    SELECT setval('moved.microseconds', greatest(last_value, ${stamp} - (extract(epoch FROM now()) * 1000000)::bigint))
    FROM moved.microseconds`;
}

async function commit(
  on: Desks,
  { ground, parts }: { ground: Ground; parts: { desk: number; commands: readonly Command[] }[] },
): Promise<Map<number, Found>> {
  const [first] = parts[0]?.commands ?? [];
  if (first?.act.act === "change")
    return new Map([[first.number, { outcome: await change(on, ground, first.act), isRepeat: false }]]);
  const found = parts.flatMap(({ desk, commands }, index) =>
    commands.map(async (command): Promise<[number, Found]> => {
      // Those that come two turns of the event loop later find the first lane busy, and open the second.
      for (let turn = 0; turn < 2 && 2 * index >= parts.length && index > 0; turn += 1) await setImmediate();
      const answer = await submit(on, ground, { command, desk });
      const outcome = readOutcome(ground, command, answer);
      const isReused = "refused" in outcome && outcome.refused === "idempotency_key_reused";
      return [command.number, { outcome, isRepeat: answer.replayed || isReused }];
    }),
  );
  return new Map(await Promise.all(found));
}

export function submit(
  { desks }: Desks,
  ground: Ground,
  { command, desk }: { command: Command; desk: number },
): Promise<CommandOutcome> {
  const chosen = desks[desk];
  if (chosen === undefined) throw new Error(`there is no desk ${desk}`);
  return chosen.submit(toBookCommand(ground, command));
}

/** As the route does it: a batch touches the account first, which expires its due holds. */
async function change(on: Desks, ground: Ground, act: Extract<Act, { act: "change" }>): Promise<Outcome> {
  const id = ground.ids.get(act.account) ?? UNKNOWN_ID;
  const scope = { accountIds: [id], stampCount: 1 };
  await on.desks[0]?.submit({
    event: null,
    actor: ADMIN,
    scope,
    decide: () => ({ answer: "{}", counted: [] }),
  });
  const request = { actorId: ADMIN.id, state: act.state, creditLimit: act.limit };
  try {
    await inTransaction(on.db, (tx) => changeAccount(tx, id, { request, check: () => undefined }));
    return { results: [] };
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code };
    throw error;
  }
}

/** The model counts in absolute stamps, the histories in time since their beginning. */
export function inStamps({ startStamp }: Ground, command: Command): Command {
  const { act } = command;
  if (act.act !== "hold" || act.expiresAt === null) return command;
  return { ...command, act: { ...act, expiresAt: startStamp + act.expiresAt } };
}
