import { expect, it } from "vitest";
import { customer, euroOf, openTestDesk, openWithHold, readTopics, STAFF } from "../../../../tests/desk.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { openVault } from "../../../runtime/vault/vault.ts";
import type { Actor } from "../../../values/actor.ts";
import { buildPlaceHoldCommand } from "../holds/place-hold.ts";
import type { AccountChange } from "../query-schemas.ts";
import { changeBankAccount, prepareChange } from "./change-bank-account.ts";

const bank = await shareInFile(openTestDesk());
const vault = await openVault(bank.db, {
  encryptionKey: Buffer.alloc(32, 7).toString("base64"),
  previousKey: undefined,
  dataDir: "/nowhere",
});
const alice = customer("alice");

async function change(
  accountId: number,
  input: AccountChange,
  { actor = STAFF, versions }: { actor?: Actor; versions?: readonly number[] } = {},
) {
  const reader = { db: bank.db, assets: bank.assets, vault };
  const wanted = await prepareChange({ ...reader, desk: bank.desk }, actor, { accountId, input, versions });
  return inTransaction(bank.db, (tx) =>
    changeBankAccount(tx, { ...reader, actor }, { accountId, change: wanted }),
  );
}

it("changes rules and names as one change with one version, and tells of it without personal fields", async () => {
  const accountId = await bank.openAccount({ owner: "alice" });
  const { version } = await change(accountId, { name: "Daily" });
  const changed = await change(accountId, {
    credit_limit: "5.00",
    name: "Household",
    holder_name: "Alice Doe",
    state: "frozen",
  });
  expect(changed).toMatchObject({
    creditLimit: 500n,
    name: "Household",
    holderName: "Alice Doe",
    state: "frozen",
    version: version + 1,
  });
  expect((await readTopics(bank.db)).at(-1)).toBe("account.changed");
  const [event] = await bank.db<
    { payload: string }[]
  >`SELECT payload FROM jobs.outbox ORDER BY id DESC LIMIT 1`;
  expect(event?.payload).not.toMatch(/Alice|Household/);
});

it("keeps a holder's name encrypted, and as it is where another field is changed", async () => {
  const accountId = await bank.openAccount({ owner: "alice" });
  await change(accountId, { holder_name: "Alice Doe" });
  expect(await change(accountId, { name: "Daily" })).toMatchObject({
    holderName: "Alice Doe",
    name: "Daily",
  });
  const [row] = await bank.db<{ holder: string }[]>`
    SELECT holder_name::text AS holder FROM banking.accounts WHERE id = ${accountId}`;
  expect(row?.holder).not.toContain("Alice");
});

it("lets an owner change the name alone, and others nothing", async () => {
  const accountId = await bank.openAccount({ owner: "alice" });
  expect(await change(accountId, { name: "Mine" }, { actor: alice })).toMatchObject({ name: "Mine" });
  for (const input of [{ credit_limit: "1.00" }, { state: "frozen" as const }, { holder_name: "A" }])
    await expectRefusal(bank.db, () => change(accountId, input, { actor: alice }), { code: "forbidden" });
  await expectRefusal(
    bank.db,
    () => change(accountId, { name: "Not mine" }, { actor: customer("mallory") }),
    {
      code: "account_not_found",
    },
  );
});

it("refuses a limit that is in use, and closes no account with money or holds on it", async () => {
  const accountId = await openWithHold(bank);
  await expectRefusal(bank.db, () => change(accountId, { state: "closed" }), { code: "account_not_empty" });
  await change(accountId, { credit_limit: "10.00" });
  const context = { actor: STAFF, assets: bank.assets, risk: bank.risk };
  const request = { accountId, amount: 4_500n, asset: euroOf(bank), expiresInSeconds: 60 };
  await bank.carryOut(buildPlaceHoldCommand(context, request));
  await expectRefusal(bank.db, () => change(accountId, { credit_limit: "4.99" }), { code: "limit_in_use" });
  expect(await change(accountId, { credit_limit: "5.00" })).toMatchObject({ creditLimit: 500n });
});

it("refuses another version than the one that was read, and names an amount it cannot read", async () => {
  const accountId = await bank.openAccount({ owner: "alice" });
  const { version } = await change(accountId, { name: "Daily" });
  await expectRefusal(bank.db, () => change(accountId, { name: "Late" }, { versions: [version - 1] }), {
    code: "version_mismatch",
  });
  await change(accountId, { name: "In time" }, { versions: [version] });
  await expectRefusal(bank.db, () => change(accountId, { credit_limit: "1.001" }), {
    details: { fields: [{ field: "credit_limit" }] },
  });
});

it("changes a closed account no more", async () => {
  const accountId = await bank.openAccount({ owner: "alice" });
  expect(await change(accountId, { state: "closed" })).toMatchObject({ state: "closed" });
  await expectRefusal(bank.db, () => change(accountId, { credit_limit: "1.00" }), { code: "account_closed" });
});
