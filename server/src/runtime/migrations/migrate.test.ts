import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommand } from "../../../tests/command.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { openTestOrders } from "../../../tests/orders.ts";
import { describeSchema } from "../../../tests/schema/describe-schema.ts";
import { openDatabase, type Sql } from "../database.ts";
import { migrate } from "./migrate.ts";
import { MigrationError, type MigrationSource, readMigrations } from "./migration-files.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "..", "migrations");
const BASELINES = readMigrations();
const NAMES = BASELINES.map(({ name }) => name);
/** What the next release brings. */
const [GIFTS, TILLS] = [1, 2]
  .map((step) => String(BASELINES.length + step).padStart(4, "0"))
  .map((number, index) => `${number}_orders_${["gifts", "tills"][index]}.sql`) as [string, string];
const ADD_GIFTS = "ALTER TABLE orders.orders ADD COLUMN gift_note text CHECK (gift_note <> '');\n";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A release as it lies on a disk: the present files, all frozen, and what comes after them. */
function makeRelease(later: Readonly<Record<string, string>> = {}): MigrationSource {
  const folder = mkdtempSync(join(tmpdir(), "countinghouse-release-"));
  closing.push(async () => rmSync(folder, { recursive: true, force: true }));
  cpSync(FOLDER, folder, { recursive: true });
  for (const [name, body] of Object.entries(later)) writeFileSync(join(folder, name), body);
  return { folder, frozen: Object.fromEntries(BASELINES.map(({ name, checksum }) => [name, checksum])) };
}

async function openEmpty(): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated: false });
  closing.push(database.drop);
  return database;
}

async function openMigrated(): Promise<Sql> {
  const { db } = await openEmpty();
  await migrate(db, makeRelease());
  return db;
}

const listApplied = (db: Sql) =>
  db<{ name: string; checksum: string; applied_at: Date }[]>`SELECT * FROM runtime.migrations ORDER BY name`;

describe("a database of the previous release", () => {
  it("is brought up to the next one with all its rows, which still agree", async () => {
    const shop = await openTestOrders();
    closing.push(() => shop.close());
    const productId = await shop.addProduct(5);
    const accountId = await shop.openAccount({ owner: "alice", currency: "USD", balance: 100_000n });
    await shop.place([[productId, 2]], { paymentMethod: "balance", accountId });
    await shop.place([[productId, 1]]);
    await shop.db`INSERT INTO carts.carts (user_id, currency, expires_at) VALUES ('alice', 'USD', now())`;
    const [before, appliedBefore] = [await describeSchema(shop.db), await listApplied(shop.db)];

    expect(await migrate(shop.db, makeRelease({ [GIFTS]: ADD_GIFTS }))).toEqual([GIFTS]);

    const after = (await describeSchema(shop.db)).map((line) => line.replace(', "gift_note": null', ""));
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    expect(after.filter((line) => !before.includes(line))).toEqual([
      expect.stringMatching(/^column orders\.orders\.gift_note text /),
      expect.stringMatching(/^constraint orders\.orders orders_gift_note_check /),
    ]);
    const checksum = createHash("sha256").update(ADD_GIFTS).digest("hex");
    expect([...(await listApplied(shop.db))]).toEqual([
      ...appliedBefore,
      { name: GIFTS, checksum, applied_at: expect.any(Date) },
    ]);
    const verified = await runCommand(["verify"], {
      folder: tmpdir(),
      settings: { DB_URL: shop.databaseUrl },
    });
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("The book agrees.") });
  });

  it("is left as it is by a program that has nothing newer", async () => {
    const db = await openMigrated();
    await migrate(db, makeRelease({ [GIFTS]: ADD_GIFTS }));
    expect(await migrate(db, makeRelease())).toEqual([]);
    expect(await listApplied(db)).toHaveLength(BASELINES.length + 1);
  });

  it("keeps nothing of an upgrade that fails in its second file", async () => {
    const db = await openMigrated();
    const before = await describeSchema(db);
    const broken = makeRelease({ [GIFTS]: ADD_GIFTS, [TILLS]: "CREATE TABLE orders.tills (id nothing);\n" });
    await expect(migrate(db, broken)).rejects.toThrow('type "nothing" does not exist');
    expect(await describeSchema(db)).toEqual(before);
    expect(await listApplied(db)).toHaveLength(BASELINES.length);
  });
});

describe("an empty database", () => {
  it("gets each file once from two processes that start at the same time", async () => {
    const { db, url } = await openEmpty();
    const other = openDatabase({ url, poolSize: 1, statementTimeoutMs: 60_000 });
    closing.push(() => other.end());
    const applied = await Promise.all([migrate(db), migrate(other)]);
    expect(applied.flat()).toEqual(NAMES);
    expect((await listApplied(db)).map(({ name, checksum }) => ({ name, checksum }))).toEqual(
      BASELINES.map(({ name, checksum }) => ({ name, checksum })),
    );
  });

  it("keeps nothing of a first start that fails", async () => {
    const { db } = await openEmpty();
    const before = await describeSchema(db);
    await expect(migrate(db, makeRelease({ [GIFTS]: "SELECT 1 / 0;\n" }))).rejects.toThrow(
      "division by zero",
    );
    expect(await describeSchema(db)).toEqual(before);
  });
});

describe("a migration that was changed", () => {
  const changed = async (db: Sql, source: MigrationSource): Promise<string> => {
    const error = await migrate(db, source).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MigrationError);
    return (error as MigrationError).message;
  };

  it("stops the start after it was applied, with its name and the way out, before anything else is applied", async () => {
    const db = await openMigrated();
    await migrate(db, makeRelease({ [GIFTS]: ADD_GIFTS }));
    const edited = makeRelease({ [GIFTS]: `${ADD_GIFTS}-- later\n`, [TILLS]: "CREATE SCHEMA tills;\n" });
    expect(await changed(db, edited)).toBe(
      `The migration ${GIFTS} was changed after it had been applied to this database: restore the file, and put the change into a new one`,
    );
    expect(await listApplied(db)).toHaveLength(BASELINES.length + 1);
  });

  it("stops the start even of a new database once a release has brought it to others, and so does a missing one", async () => {
    const { db } = await openEmpty();
    const [first = ""] = NAMES;
    const edited = makeRelease({ [first]: "CREATE SCHEMA mine;\n" });
    expect(await changed(db, edited)).toMatch(
      `The migration ${first} was changed, though a release has brought`,
    );
    const removed = makeRelease();
    rmSync(join(removed.folder, first));
    expect(await changed(db, removed)).toMatch(`The migration ${first} is missing, though`);
    expect(await db`SELECT FROM pg_namespace WHERE nspname = 'runtime'`).toHaveLength(0);
  });
});

describe("a database of an older baseline", () => {
  it("is told so in one line, and is not touched", async () => {
    const db = await openMigrated();
    const isOld = (name: string) =>
      new RegExp(
        `^This database was made by an older baseline \\(it has ${name}\\).*another DATA_DIR.*[^.]$`,
      );
    const ledger = "0005_ledger_baseline.sql";
    await db`UPDATE runtime.migrations SET checksum = repeat('0', 64) WHERE name = ${ledger}`;
    await expect(migrate(db)).rejects.toThrow(isOld(ledger));
    // As the 42 files left it that the baselines were folded from.
    await db`DELETE FROM runtime.migrations`;
    await db`INSERT INTO runtime.migrations (name, checksum) VALUES ('0001_runtime_idempotency.sql', ''), ('0060_audit_server_role.sql', '')`;
    const before = await describeSchema(db);
    await expect(migrate(db)).rejects.toThrow(isOld("0001_runtime_idempotency.sql"));
    expect(await describeSchema(db)).toEqual(before);
  });
});
