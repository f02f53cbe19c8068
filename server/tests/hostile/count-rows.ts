// How much the database holds, to prove that a refused request left nothing in it.
import type { Sql } from "../../src/runtime/database.ts";

export type RowCounts = Readonly<Record<string, number>>;

// Not `audit`: the trail keeps refusals too, and its sequencer and checkpoints work on in the background; nor `orders`,
// `payments` and `reports`, whose jobs do.
const SCHEMAS = [
  "ledger",
  "banking",
  "risk",
  "runtime",
  "identity",
  "catalog",
  "inventory",
  "promotions",
  "carts",
];
const KEPT_UP_BY_JOBS = [
  "catalog.vocabulary",
  "catalog.availability",
  "catalog.changes", // a row for each transaction that availability turned in, too; products count by their versions below
  "identity.mails",
  "identity.link_tokens",
  "ledger.verifications", // how far the background check has come
  "ledger.verified_accounts",
];
// What the watch over stock tells by itself, up to a second after the request that it follows from.
const TOPICS_OF_JOBS = ["stock.low", "stock.recovered"];
// What a refusal is meant to leave: one more attempt.
const RECORDS_OF_REFUSALS = ["identity.throttles"];

/**
 * Makes a reader of the row counts of every table that a request may write, with the changes of accounts, users and
 * sessions, and the events and mails ever written: they are deleted when delivered, so mails are counted by their numbers,
 * and of events a copy is kept.
 */
export async function openRowCounter(db: Sql): Promise<() => Promise<RowCounts>> {
  await keepEvents(db);
  const tables = await db<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = ANY(${SCHEMAS})
    AND schemaname || '.' || tablename <> ALL(${[...KEPT_UP_BY_JOBS, ...RECORDS_OF_REFUSALS]})
    AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = format('%I.%I', schemaname, tablename)::regclass) ORDER BY 1`;
  const counts = tables.map(({ name }) => `(SELECT count(*)::int FROM ${name}) AS "${name}"`);
  const query = `SELECT ${counts.join(", ")}, (SELECT sum(version)::int FROM ledger.accounts) AS changes,
    (SELECT sum(version)::int FROM catalog.products) AS products, (SELECT sum(version)::int FROM catalog.categories) AS categories,
    (SELECT sum(version + token_version)::int FROM identity.users) AS users, (SELECT count(ended_at)::int FROM identity.sessions) AS ended,
    (SELECT coalesce(last_value, 0)::int FROM pg_sequences WHERE schemaname = 'identity' AND sequencename = 'mails_id_seq') AS mails,
    (SELECT count(*)::int FROM hostile.events) AS events`;
  return async () => {
    const [row] = await db.unsafe<RowCounts[]>(query, [], { prepare: true }); // planning it anew would cost more than counting
    if (row === undefined) throw new Error("the counts are missing");
    return { ...row };
  };
}

/** Notes the topic of every event that a request may write, from now on. */
async function keepEvents(db: Sql): Promise<void> {
  const ofJobs = TOPICS_OF_JOBS.map((topic) => `'${topic}'`).join(", ");
  await db.unsafe(`
    CREATE SCHEMA hostile;
    CREATE TABLE hostile.events (topic text NOT NULL);
    CREATE FUNCTION hostile.keep_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN INSERT INTO hostile.events VALUES (NEW.topic); RETURN NULL; END $$;
    CREATE TRIGGER keep_event AFTER INSERT ON jobs.outbox
      FOR EACH ROW WHEN (NEW.topic NOT IN (${ofJobs})) EXECUTE FUNCTION hostile.keep_event();`);
}
