import { afterEach, beforeEach, expect, test } from "vitest";
import { customer, openTestDesk, STAFF, type TestDesk } from "../../../../tests/desk.ts";
import { openVault, type Vault } from "../../../runtime/vault/vault.ts";
import { processSecureTransaction } from "../index.ts";
import {
  buildSecureTransactionCommand,
  deriveRecordKey,
  getSecureRecord,
  type SecureServices,
} from "./record-secure-transaction.ts";

const API_KEY = "k".repeat(32);
let ground: TestDesk;
let vault: Vault;
let services: SecureServices;

beforeEach(async () => {
  ground = await openTestDesk();
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  vault = await openVault(ground.db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" });
  services = { ...ground, vault, recordKey: API_KEY };
});
afterEach(() => ground.close());

test("posts the transaction, and stores its record signed and encrypted in the same transaction", async () => {
  const accountId = await ground.openAccount({ owner: "ada" });
  const answer = await processSecureTransaction(services, "ada", "10.50");
  expect(answer).toEqual({ status: "success", tx_id: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await ground.balanceOf(accountId)).toEqual({ balance: 1050n, held: 0n });
  expect(await getSecureRecord(services, answer.tx_id)).toMatchObject({
    account_id: String(accountId),
    user_id: "ada",
    amount: "10.50",
    currency: "EUR",
    actor_id: "system",
  });
  const dump = JSON.stringify(await ground.db`SELECT wrapped_key, sealed FROM banking.secure_records`);
  expect(dump).not.toMatch(/ada|10\.50|EUR/);
});

test("each record has a data key of its own", async () => {
  await ground.openAccount({ owner: "ada" });
  await processSecureTransaction(services, "ada", "1");
  await processSecureTransaction(services, "ada", "1");
  const rows = await ground.db`SELECT DISTINCT tx_id, wrapped_key, sealed FROM banking.secure_records`;
  expect(rows).toHaveLength(2);
});

test("without API_KEY_V1 nothing is posted, and the error says what to set", async () => {
  const accountId = await ground.openAccount({ owner: "ada" });
  const refused = processSecureTransaction({ ...services, recordKey: undefined }, "ada", "1");
  await expect(refused).rejects.toMatchObject({
    code: "secure_records_not_configured",
    message: /API_KEY_V1/,
  });
  expect(await ground.balanceOf(accountId)).toMatchObject({ balance: 0n });
});

test("a record that was altered, or moved under another tx_id, does not open; another key does not verify it", async () => {
  await ground.openAccount({ owner: "ada" });
  const one = await processSecureTransaction(services, "ada", "1");
  const two = await processSecureTransaction(services, "ada", "2");
  await expect(getSecureRecord({ ...services, recordKey: "x".repeat(32) }, one.tx_id)).rejects.toThrow(
    "not what was signed",
  );
  await ground.db`
    UPDATE banking.secure_records SET sealed = (SELECT sealed FROM banking.secure_records WHERE tx_id = ${two.tx_id})
    WHERE tx_id = ${one.tx_id}`;
  await expect(getSecureRecord(services, one.tx_id)).rejects.toThrow("altered");
});

test("the currency may be left out for one account, and must be named for several", async () => {
  await expect(processSecureTransaction(services, "ada", "1")).rejects.toMatchObject({
    code: "no_account_of_user",
  });
  await ground.openAccount({ owner: "ada" });
  const dollars = await ground.openAccount({ owner: "ada", currency: "USD" });
  await expect(processSecureTransaction(services, "ada", "1")).rejects.toThrow("currency");
  await processSecureTransaction(services, "ada", { amount: "3", currency: "USD" });
  expect(await ground.balanceOf(dollars)).toMatchObject({ balance: 300n });
});

test("a repeated key gets the same tx_id, and a customer cannot make money", async () => {
  const accountId = await ground.openAccount({ owner: "ada" });
  const key = { keyHash: "ab".repeat(16), request: "{}" };
  const request = { userId: "ada", amount: "4" };
  const build = () => buildSecureTransactionCommand(services, { actor: STAFF, key }, request);
  const first = await ground.carryOut(await build());
  expect(await ground.carryOut(await build())).toEqual(first);
  expect(await ground.balanceOf(accountId)).toMatchObject({ balance: 400n });
  const own = await buildSecureTransactionCommand(services, { actor: customer("ada") }, request);
  await expect(ground.carryOut(own)).rejects.toMatchObject({ code: "deposit_not_allowed" });
});

test("F6-33: ADMIN_PASSWORD is part of the signature: with another one, or none, no record is what was signed", async () => {
  await ground.openAccount({ owner: "ada" });
  const keyOf = (password?: string) => deriveRecordKey({ API_KEY_V1: API_KEY, ADMIN_PASSWORD: password });
  const withPassword = { ...services, recordKey: keyOf("open sesame") };
  const { tx_id } = await processSecureTransaction(withPassword, "ada", "7");
  expect(await getSecureRecord(withPassword, tx_id)).toMatchObject({ amount: "7.00" });
  for (const recordKey of [keyOf(), keyOf("another"), keyOf("")])
    await expect(getSecureRecord({ ...services, recordKey }, tx_id)).rejects.toThrow("not what was signed");
  const plain = await processSecureTransaction(services, "ada", "8");
  expect(await getSecureRecord({ ...services, recordKey: keyOf() }, plain.tx_id)).toMatchObject({
    amount: "8.00",
  });
  expect(deriveRecordKey({ API_KEY_V1: undefined, ADMIN_PASSWORD: "alone" })).toBeUndefined();
});
