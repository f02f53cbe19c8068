import { expect, it } from "vitest";
import { customer, euroOf, keyed, openTestDesk, openWithHold, STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { hashKey, SHORT_PATH } from "../../../runtime/idempotency.ts";
import type { Actor } from "../../../values/actor.ts";
import { buildPlaceHoldCommand } from "../holds/place-hold.ts";
import { buildPostCommand, type TransactionRequest } from "./post-transactions.ts";
import { buildReversalCommand, getReversible } from "./reverse-transaction.ts";

const ground = await shareInFile(openTestDesk());
const alice = customer("alice");

let keyCount = 0;
const nextKey = () => `key-${++keyCount}`;

interface Sent {
  readonly body: object;
  readonly request: Omit<TransactionRequest, "asset">;
  readonly actor?: Actor;
  readonly key?: string;
}

function submit({ body, request, actor = alice, key = nextKey() }: Sent) {
  const { assets, risk } = ground;
  const keyHash = hashKey(actor.id, key);
  const keyed = { keyHash, request: JSON.stringify({ path: SHORT_PATH, body }) };
  const asset = euroOf(ground);
  return ground.desk.submit(buildPostCommand({ actor, assets, risk, key: keyed }, { ...request, asset }));
}

async function answerOf(sent: Sent): Promise<{ answer: string; replayed: boolean }> {
  const outcome = await submit(sent);
  if ("refused" in outcome) throw outcome.refused;
  return { answer: outcome.answer, replayed: outcome.replayed };
}

async function selectKey(key: string, actor = alice) {
  const [row] = await ground.db`
    SELECT journal_id, answer, request, pg_column_size(k) AS bytes
    FROM runtime.idempotency_keys k WHERE key_hash = ${hashKey(actor.id, key)}::uuid`;
  return row;
}

/** Alice has 50.00 of which 10.00 are held, and may go 3.00 below zero. */
async function setUp() {
  const payer = await openWithHold(ground);
  await ground.db`UPDATE ledger.accounts SET credit_limit = 300 WHERE id = ${payer}`;
  const payee = await ground.openAccount({ owner: "shop" });
  const transfer = { type: "transfer", accountId: payer, toAccountId: payee, amount: 120n } as const;
  const body = {
    type: "transfer",
    account_id: String(payer),
    to_account_id: String(payee),
    amount: "1.20",
    currency: "EUR",
  };
  return { payer, payee, transfer, body };
}

it("an ordinary key takes less than 120 bytes, and a repeat is answered byte for byte", async () => {
  const { transfer, body } = await setUp();
  const key = nextKey();
  const first = await answerOf({ body, request: transfer, key });
  const kept = await selectKey(key);
  expect(kept).toMatchObject({ journal_id: BigInt(JSON.parse(first.answer).id), request: null });
  // A line pointer beside the row; an entry of the index, 28 bytes in pages that are two thirds full.
  expect(Number(kept?.["bytes"]) + 4 + 42).toBeLessThan(120);
  expect(await answerOf({ body, request: transfer, key })).toEqual({ answer: first.answer, replayed: true });
});

const metadata = JSON.stringify({ note: 'a "b" \u2028', "10": 1, two: [1, { x: null }] });
const WRITINGS = {
  "as most do": {},
  "an amount as a number": { amount: 1.2 },
  "an amount with more zeros": { amount: "1.2000" },
  "ids as numbers": { account_id: 7, to_account_id: 8 },
  "the type as answers spell it": { type: "TRANSFER" },
  "as much as there is": { amount: "1.20", up_to_available: true },
  "a reference": { reference: "rent \u00e9\u{1f600}" },
  metadata: { metadata: JSON.parse(metadata) },
} as const;

for (const [name, written] of Object.entries(WRITINGS)) {
  it(`is recalled, request and answer, whoever asked and whatever has happened since: ${name}`, async () => {
    const { payer, payee, transfer, body } = await setUp();
    const given = { ...body, ...written };
    const request = {
      ...transfer,
      ...("reference" in written ? { reference: written.reference } : {}),
      ...("metadata" in written ? { metadata } : {}),
      ...("up_to_available" in written ? { upToAvailable: true } : {}),
    };
    const [own, staff] = [nextKey(), nextKey()];
    const sent = { body: given, request };
    const first = await answerOf({ ...sent, key: own });
    const second = await answerOf({ ...sent, key: staff, actor: STAFF });
    expect([JSON.parse(first.answer).balances.length, JSON.parse(second.answer).balances.length]).toEqual([
      1, 2,
    ]);
    expect(JSON.parse(second.answer).balances[0]).toMatchObject({ held: "10.00", available: "40.60" });
    const context = { actor: alice, assets: ground.assets, risk: ground.risk };
    const hold = { accountId: payer, amount: 50n, asset: euroOf(ground), expiresInSeconds: 60 };
    await ground.carryOut(buildPlaceHoldCommand(context, hold));
    const journal = await getReversible(ground, Number(JSON.parse(first.answer).id));
    await ground.carryOut(buildReversalCommand({ actor: STAFF, risk: ground.risk }, { journal }));
    await ground.db`UPDATE ledger.accounts SET credit_limit = 0, state = 2 WHERE id IN (${payer}, ${payee})`;
    const reversed = Object.fromEntries(Object.entries(given).reverse());
    for (const again of [given, reversed]) {
      expect(await answerOf({ body: again, request, key: own })).toEqual({ ...first, replayed: true });
      expect(await answerOf({ body: again, request, key: staff, actor: STAFF })).toEqual({
        ...second,
        replayed: true,
      });
    }
    expect(await selectKey(own)).toMatchObject({ journal_id: BigInt(JSON.parse(first.answer).id) });
    await expect(answerOf({ body: { ...given, amount: "9" }, request, key: own })).rejects.toMatchObject({
      code: "idempotency_key_reused",
      details: { fields: [{ field: "body.amount", reason: `was ${JSON.stringify(given.amount)}, is "9"` }] },
    });
  });
}

it("deposits and withdrawals are recalled from their one account", async () => {
  const { payer } = await setUp();
  for (const type of ["deposit", "withdrawal"] as const) {
    const body = { type, account_id: String(payer), amount: "1.20", currency: "EUR" };
    const sent = { body, request: { type, accountId: payer, amount: 120n }, actor: STAFF, key: nextKey() };
    const first = await answerOf(sent);
    expect(await answerOf(sent)).toEqual({ answer: first.answer, replayed: true });
    expect(await selectKey(sent.key, STAFF)).toMatchObject({
      journal_id: BigInt(JSON.parse(first.answer).id),
    });
  }
});

it("names each field that differs, one that is missing, and one that is new", async () => {
  const { transfer, body } = await setUp();
  const sent = {
    body: { ...body, reference: "a" },
    request: { ...transfer, reference: "a" },
    key: nextKey(),
  };
  await answerOf(sent);
  const other = { ...body, currency: "USD", metadata: { a: 1 } };
  await expect(answerOf({ ...sent, body: other })).rejects.toMatchObject({
    details: {
      fields: [
        { field: "body.currency", reason: 'was "EUR", is "USD"' },
        { field: "body.reference", reason: 'was "a", is absent' },
        { field: "body.metadata", reason: 'was absent, is {"a":1}' },
      ],
    },
  });
});

it("a key of a transaction that is used for something else is told by its path", async () => {
  const { payer, transfer, body } = await setUp();
  const key = nextKey();
  await answerOf({ body, request: transfer, key });
  const context = {
    actor: alice,
    assets: ground.assets,
    risk: ground.risk,
    key: keyed(alice, key, { amount: "1" }),
  };
  const hold = { accountId: payer, amount: 1n, asset: euroOf(ground), expiresInSeconds: 60 };
  await expect(ground.carryOut(buildPlaceHoldCommand(context, hold))).rejects.toMatchObject({
    code: "idempotency_key_reused",
    details: { fields: [{ field: "path", reason: 'was "POST /transactions", is "POST /test"' }] },
  });
});

it("a repeat whose transaction is gone books nothing, and says so; the others of its batch go on", async () => {
  const { payee, transfer, body } = await setUp();
  const sent = { body, request: transfer, key: nextKey() };
  const id = JSON.parse((await answerOf(sent)).answer).id;
  const [row] = await ground.db`DELETE FROM ledger.transfers WHERE id = ${id} RETURNING *`;
  const [again, other] = await Promise.all([submit(sent), submit({ ...sent, key: nextKey() })]);
  expect(again).toMatchObject({
    refused: { kind: "conflict", code: "idempotency_answer_archived", details: { transaction_id: id } },
  });
  expect(other).toMatchObject({ replayed: false });
  expect(await ground.balanceOf(payee)).toMatchObject({ balance: 240n });
  await ground.db`INSERT INTO ledger.transfers ${ground.db(row ?? {})}`;
  expect(await submit(sent)).toMatchObject({ replayed: true });
});

it("what cannot be told by the ledger's row is remembered whole: a field left out, a refusal", async () => {
  const { transfer, body } = await setUp();
  const { currency, ...without } = body;
  const sent = { body: without, request: transfer, key: nextKey() };
  const first = await answerOf(sent);
  expect(await selectKey(sent.key)).toMatchObject({ journal_id: null, answer: first.answer });
  expect(await answerOf(sent)).toEqual({ ...first, replayed: true });
  const refused = { body, request: { ...transfer, amount: 999_999n }, key: nextKey() };
  const [one, two] = [await submit(refused), await submit(refused)];
  expect(one).toMatchObject({ refused: { code: "insufficient_funds" }, replayed: false });
  expect(two).toMatchObject({ ...one, replayed: true });
  expect(currency).toBe("EUR");
});
