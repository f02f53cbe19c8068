import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBook } from "../../src/modules/ledger/verify/verify-book.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type ApiClient, balanceOf, openClient, openFundedAccounts } from "./api-client.ts";
import { createModel, type Movement, WORLD } from "./model.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const PAIRS = Number(process.env["CONCURRENCY_PAIRS"] ?? 300);

let database: TestDatabase;
let dataDir: string;
let servers: ServerProcess[] = [];
let clients: ApiClient[] = [];
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  dataDir = mkdtempSync(join(tmpdir(), "countinghouse-two-servers-"));
  const place = { dataDir, databaseUrl: database.url };
  servers = await Promise.all([startServer(place), startServer(place)]); // both migrate, at once
  clients = await Promise.all(servers.map(({ url }) => openClient(url)));
});
afterAll(async () => {
  for (const client of clients) client.close();
  for (const server of servers) server.signal("SIGTERM");
  expect(await Promise.all(servers.map(({ ended }) => ended))).toEqual([0, 0]);
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function client(index: number): ApiClient {
  const found = clients[index % clients.length];
  if (found === undefined) throw new Error("no server runs");
  return found;
}

/** The same act from both servers at the same time. */
function fromBoth(act: (client: ApiClient, index: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(clients.map((each, index) => act(each, index)));
}

function count<T>(items: readonly T[], isCounted: (item: T) => boolean): number {
  return items.filter(isCounted).length;
}

function transferOf(from: string | undefined, to: string | undefined, amount = 1) {
  return { type: "transfer", account_id: from, to_account_id: to, amount, currency: "JPY" };
}

describe("two servers on one database", () => {
  it("FAILURES 4: transfer in opposite directions at once, every one of them, without a deadlock", async () => {
    const ids = await openFundedAccounts(client(0), { count: 4, amount: PAIRS });
    const answers = await Promise.all(
      Array.from({ length: PAIRS }, (_, index) => {
        const [a, b] = [ids[index % 4], ids[(index + 1) % 4]];
        return fromBoth((each, server) =>
          each.post("/transactions", server === 0 ? transferOf(a, b) : transferOf(b, a)),
        );
      }),
    );
    expect(new Set(answers.flat().map(({ status }) => status))).toEqual(new Set([201]));
    const balances = await Promise.all(ids.map((id) => balanceOf(client(1), id)));
    expect(balances).toEqual(ids.map(() => PAIRS)); // each pair goes there and back
  });

  it("FAILURES 3: lose no update of one account that both write to", async () => {
    const [hot = ""] = await openFundedAccounts(client(0), { count: 1, amount: 0 });
    const deposit = { type: "deposit", account_id: hot, amount: 1, currency: "JPY" };
    await Promise.all(
      Array.from({ length: PAIRS }, () => fromBoth((each) => each.post("/transactions", deposit))),
    );
    expect(await balanceOf(client(0), hot)).toBe(2 * PAIRS);
  });

  it("answer a key that comes to both at once with one act and the same words", async () => {
    const [payer, payee = ""] = await openFundedAccounts(client(0), { count: 2, amount: PAIRS });
    const pairs = await Promise.all(
      Array.from({ length: PAIRS }, (_, index) =>
        fromBoth((each) => each.post("/transactions", transferOf(payer, payee), `same-${index}`)),
      ),
    );
    for (const [first, second] of pairs) {
      expect([first?.status, second?.status]).toEqual([201, 201]);
      expect(first?.body).toEqual(second?.body);
    }
    expect(count(pairs.flat(), ({ headers }) => headers["idempotency-replayed"] === "true")).toBe(PAIRS);
    expect(await balanceOf(client(0), payee)).toBe(2 * PAIRS);
  });

  it("let one of two different requests with one key win, and tell the other what differs", async () => {
    const ids = await openFundedAccounts(client(0), { count: 4, amount: PAIRS });
    const pairs = await Promise.all(
      Array.from({ length: PAIRS }, (_, index) =>
        // Accounts of their own, so that nothing but the key brings the two together.
        fromBoth((each, server) =>
          each.post("/transactions", transferOf(ids[2 * server], ids[2 * server + 1]), `other-${index}`),
        ),
      ),
    );
    for (const pair of pairs) {
      expect(pair.map(({ status }) => status).toSorted()).toEqual([201, 422]);
      const loser = pair.find(({ status }) => status === 422)?.body;
      expect(loser.code).toBe("idempotency_key_reused");
      expect(loser.errors.map(({ field }: { field: string }) => field)).toContain("body.account_id");
    }
  });

  it("FAILURES 27: let a capture or a release of one hold win, never both", async () => {
    const [payer, payee = ""] = await openFundedAccounts(client(0), { count: 2, amount: 10 * PAIRS });
    const holds = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        client(index).post("/holds", { account_id: payer, to_account_id: payee, amount: 5, currency: "JPY" }),
      ),
    );
    const ends = await Promise.all(
      holds.map(({ body: { id } }, index) =>
        fromBoth((each, server) =>
          each.post(`/holds/${id}/${(server + index) % 2 === 0 ? "capture" : "release"}`, {}),
        ),
      ),
    );
    const winners = ends.map((pair) => {
      expect(pair.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expect(pair.find(({ status }) => status === 409)?.body.code).toBe("hold_not_active");
      return pair.find(({ status }) => status === 200);
    });
    const captured = count(winners, (winner) => winner?.body.state === "captured");
    expect(await balanceOf(client(0), payee)).toBe(10 * PAIRS + 5 * captured);
    const payerNow = (await client(0).get(`/accounts/${payer}/balance`)).body;
    expect([payerNow.held, payerNow.balance]).toEqual(["0", String(10 * PAIRS - 5 * captured)]);
  });

  it("let one of twenty reversals of a transaction win", async () => {
    const [payer = "", payee] = await openFundedAccounts(client(0), { count: 2, amount: 100 });
    const paid = await client(0).post("/transactions", transferOf(payer, payee, 30));
    const path = `/transactions/${paid.body.id}/reverse`;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => client(index).post(path, {})));
    const won = answers.filter(({ status }) => status === 201);
    expect(won.length).toBe(1);
    const lost = answers
      .filter(({ status }) => status !== 201)
      .map(({ body }) => [body.code, body.reversed_by]);
    expect(lost).toEqual(Array(19).fill(["already_reversed", won[0]?.body.id]));
    expect(await balanceOf(client(1), payer)).toBe(100);
  });

  it("FAILURES 28: show on one what the other has just answered", async () => {
    const [payer, payee = ""] = await openFundedAccounts(client(0), { count: 2, amount: 50 });
    for (let paid = 1; paid <= 20; paid += 1) {
      const { body } = await client(paid).post("/transactions", transferOf(payer, payee));
      const found = await client(paid + 1).get(`/transactions/${body.id}`);
      expect([found.status, found.body.id, await balanceOf(client(paid + 1), payee)]).toEqual([
        200,
        body.id,
        50 + paid,
      ]);
    }
  });

  it("decide a random rush of transactions as a naive ledger does in the order of their ids", async () => {
    const amount = fc.integer({ min: 1, max: 60 });
    const name = fc.constantFrom("alice", "bob", "carol");
    const movement = fc.oneof(
      fc.tuple(fc.constant(WORLD), name, amount),
      fc.tuple(name, fc.constant(WORLD), amount),
      fc.tuple(name, name, amount).filter(([from, to]) => from !== to),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(movement, { minLength: 20, maxLength: 120 }), async (movements) => {
        await expectModelOf(
          movements.map(([debit, credit, each]) => ({ debit, credit, amount: BigInt(each) })),
        );
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it("leave a book that verifies from its first transfer, and no error in either log", async () => {
    const { differences } = await verifyBook(database.db, { full: true, readOnly: true });
    expect(differences).toEqual([]);
    const lines = servers.flatMap(({ log }) => log);
    // So many payments in so short a time are suspicious, and said to be: that is no error.
    expect(lines.filter((line) => !line.includes('"a suspicious transaction was flagged"'))).toEqual([]);
  });
});

/** Sends the movements to both servers at once, and gives them to the model in the order of the ids that came back. */
async function expectModelOf(movements: readonly Movement[]): Promise<void> {
  const names = ["alice", "bob", "carol"];
  const ids = await openFundedAccounts(client(0), { count: names.length, amount: 0 });
  const idOf = (name: string) => ids[names.indexOf(name)];
  const answers = await Promise.all(
    movements.map(({ debit, credit, amount }, index) => {
      const type = debit === WORLD ? "deposit" : credit === WORLD ? "withdrawal" : "transfer";
      const account = {
        account_id: idOf(debit === WORLD ? credit : debit),
        amount: String(amount),
        currency: "JPY",
      };
      const to = type === "transfer" ? { to_account_id: idOf(credit) } : {};
      return client(index).post("/transactions", { type, ...account, ...to });
    }),
  );
  const decided = movements.map((movement, index) => ({ movement, answer: answers[index] }));
  const stampOf = (answer: Answer | undefined) => Number(answer?.body.id ?? answer?.body.transaction_id);
  decided.sort((a, b) => stampOf(a.answer) - stampOf(b.answer));
  const accounts = Object.fromEntries(names.map((name) => [name, "JPY"]));
  const model = createModel({ accounts, worldAsset: "JPY" });
  for (const [number, { movement, answer }] of decided.entries()) {
    const outcome = model.apply({ number, act: { act: "transaction", movement } }, 0);
    const expected = "refused" in outcome ? [422, outcome.refused] : [201, undefined];
    expect([answer?.status, answer?.body.code]).toEqual(expected);
  }
  for (const name of names)
    expect(await balanceOf(client(0), idOf(name) ?? "")).toBe(Number(model.sumsOf(name, 0).posted));
}
