import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { BANKING_ENCRYPTED } from "../../modules/banking/index.ts";
import type { Sql } from "../../runtime/database.ts";
import { reencryptTable } from "../../runtime/vault/encrypted-table.ts";
import { openVault, type Vault, type VaultOptions } from "../../runtime/vault/vault.ts";
import { rotateKeys } from "./keys.ts";

const ACCOUNT_COUNT = 1_203; // three batches, the last not full

let database: TestDatabase;
let db: Sql;
let options: VaultOptions;
beforeEach(async () => {
  database = await createTestDatabase();
  db = database.db;
  options = { encryptionKey: makeKey(), previousKey: undefined, dataDir: "/nowhere" };
});
afterEach(() => database.drop());

function makeKey(): string {
  return randomBytes(32).toString("base64");
}

/** Account `id` belongs to Holder `id`; every third has no external number, every fifth no name. */
async function insertAccounts(vault: Vault): Promise<void> {
  const rows = Array.from({ length: ACCOUNT_COUNT }, (_, index) => index + 1).map((id) => ({
    id,
    owner_id: "ada",
    currency: "EUR",
    holder_name: id % 5 === 0 ? null : vault.encrypt(`Holder ${id}`, `banking.accounts.holder_name:${id}`),
    external_number:
      id % 3 === 0 ? null : vault.encrypt(`DE89 3704 ${id}`, `banking.accounts.external_number:${id}`),
    external_number_index: id % 3 === 0 ? null : vault.blindIndex(`DE89 3704 ${id}`),
  }));
  await db`INSERT INTO banking.accounts ${db(rows)}`;
}

interface Row {
  readonly id: bigint;
  readonly holder_name: string | null;
  readonly external_number: string | null;
  readonly external_number_index: Buffer | null;
}

async function expectReadable(vault: Vault): Promise<void> {
  const rows = await db<
    Row[]
  >`SELECT id, holder_name, external_number, external_number_index FROM banking.accounts ORDER BY id`;
  expect(rows).toHaveLength(ACCOUNT_COUNT);
  const names = await vault.decryptAll(
    rows.map((row) => ({ value: row.holder_name, context: `banking.accounts.holder_name:${row.id}` })),
  );
  const numbers = await vault.decryptAll(
    rows.map((row) => ({
      value: row.external_number,
      context: `banking.accounts.external_number:${row.id}`,
    })),
  );
  expect(names).toEqual(rows.map(({ id }) => (id % 5n === 0n ? null : `Holder ${id}`)));
  expect(numbers).toEqual(rows.map(({ id }) => (id % 3n === 0n ? null : `DE89 3704 ${id}`)));
  const numbered = rows.filter(({ id }) => id % 3n !== 0n);
  expect(
    numbered.every(({ id, external_number_index }) =>
      external_number_index?.equals(vault.blindIndex(`DE89 3704 ${id}`)),
    ),
  ).toBe(true);
}

async function countOutside(keyId: number): Promise<bigint> {
  const [row] = await db<[{ count: bigint }]>`
    SELECT count(*) FROM banking.accounts
    WHERE holder_name NOT LIKE ${`v1:${keyId}:%`} OR external_number NOT LIKE ${`v1:${keyId}:%`}`;
  return row.count;
}

it("stores no name, number or key in readable form", async () => {
  await insertAccounts(await openVault(db, options));
  const rows = await db<{ row: string }[]>`
    SELECT a::text AS row FROM banking.accounts a UNION ALL SELECT k::text FROM runtime.data_keys k`;
  const dump = rows.map(({ row }) => row).join("\n");
  const hidden = [
    "Holder 1",
    "DE89 3704",
    Buffer.from("Holder").toString("hex"),
    Buffer.from("Holder").toString("base64url"),
  ];
  for (const text of [...hidden, options.encryptionKey ?? ""]) expect(dump).not.toContain(text);
});

it("changes the key-encryption key and touches no value", async () => {
  await insertAccounts(await openVault(db, options));
  const before = await db`SELECT * FROM banking.accounts ORDER BY id`;
  const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
  expect(await rotateKeys(db, rotated, { withData: false })).toEqual({ rewrappedCount: 2 });
  expect(await db`SELECT * FROM banking.accounts ORDER BY id`).toEqual(before);
  await expectReadable(await openVault(db, { ...rotated, previousKey: undefined }));
});

it("makes a new data key and re-encrypts every account with it", async () => {
  const running = await openVault(db, options);
  await insertAccounts(running);
  const withFields = Array.from({ length: ACCOUNT_COUNT }, (_, index) => index + 1).filter(
    (id) => id % 15 !== 0,
  ).length;
  const rotation = await rotateKeys(db, options, { withData: true });
  expect(rotation).toMatchObject({ rewrappedCount: 0, dataKeyId: 3 });
  const accounts = { table: "banking.accounts", rowCount: withFields, changedCount: withFields };
  expect(rotation.tables).toContainEqual(accounts);
  expect(await countOutside(3)).toBe(0n);
  await expectReadable(running);
  await expectReadable(await openVault(db, options));
});

it("changes both kinds of key at once, also on a database without any", async () => {
  expect(await rotateKeys(db, options, { withData: true })).toMatchObject({
    rewrappedCount: 0,
    dataKeyId: 3,
  });
  await insertAccounts(await openVault(db, options));
  const rotated = { ...options, encryptionKey: makeKey(), previousKey: options.encryptionKey };
  expect(await rotateKeys(db, rotated, { withData: true })).toMatchObject({
    rewrappedCount: 3,
    dataKeyId: 4,
  });
  expect(await countOutside(4)).toBe(0n);
  await expectReadable(await openVault(db, { ...rotated, previousKey: undefined }));
});

it("goes on after a value that does not decrypt was mended, having changed whole batches only", async () => {
  const vault = await openVault(db, options);
  await insertAccounts(vault);
  await db`UPDATE banking.accounts SET holder_name = (SELECT holder_name FROM banking.accounts WHERE id = 1) WHERE id = 1001`;
  await expect(rotateKeys(db, options, { withData: true })).rejects.toThrow(
    "banking.accounts.holder_name:1001 does not decrypt",
  );
  expect(await countOutside(2)).toBeGreaterThan(0n);
  const mended = vault.encrypt("Holder 1001", "banking.accounts.holder_name:1001");
  await db`UPDATE banking.accounts SET holder_name = ${mended} WHERE id = 1001`;
  await rotateKeys(db, options, { withData: true });
  expect(await countOutside(4)).toBe(0n);
  await expectReadable(vault);
});

it("loses no change of a name that commits while it waits", async () => {
  const vault = await openVault(db, options);
  await insertAccounts(vault);
  const renamed = vault.encrypt("Grace", "banking.accounts.holder_name:7");
  const { rotation } = await db.begin(async (sql) => {
    await sql`UPDATE banking.accounts SET holder_name = ${renamed} WHERE id = 7`;
    const rotation = rotateKeys(db, options, { withData: true });
    await untilOneWaitsForLock();
    return { rotation };
  });
  await rotation;
  const [row] = await db<Row[]>`SELECT holder_name FROM banking.accounts WHERE id = 7`;
  expect(row?.holder_name).toMatch(/^v1:3:/);
  const context = "banking.accounts.holder_name:7";
  expect(await vault.decryptAll([{ value: row?.holder_name ?? null, context }])).toEqual(["Grace"]);
});

it("goes on with the data key of another rotation that it meets on its way", async () => {
  const early = await openVault(db, options);
  await insertAccounts(early);
  await rotateKeys(db, options, { withData: true });
  const [accounts] = BANKING_ENCRYPTED;
  if (accounts === undefined) throw new Error("banking has an encrypted table");
  expect(await reencryptTable(db, early, accounts)).toMatchObject({ changedCount: 0 });
  expect(await countOutside(3)).toBe(0n);
});

it("brings every value under the newest key when two rotations run at once", async () => {
  const vault = await openVault(db, options);
  await insertAccounts(vault);
  await Promise.all([
    rotateKeys(db, options, { withData: true }),
    rotateKeys(db, options, { withData: true }),
  ]);
  expect(await countOutside(4)).toBe(0n);
  await expectReadable(vault);
});

async function untilOneWaitsForLock(): Promise<void> {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const [row] = await db<[{ waiting: bigint }]>`
      SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    if (row.waiting > 0n) return;
  }
  throw new Error("nothing waits for a lock");
}
