import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  buildPostBatchCommand,
  buildPostCommand,
  type TransactionRequest,
} from "../../src/modules/banking/transactions/post-transactions.ts";
import { openDatabase } from "../../src/runtime/database.ts";
import type { Actor } from "../../src/values/actor.ts";
import { startTestApp, type TestApp } from "../app.ts";
import { asOwner } from "../database.ts";
import { customer, keyed, openTestDesk, STAFF, type TestDesk } from "../desk.ts";
import { balanceOf, openClient, openFundedAccounts } from "./api-client.ts";
import { findPostgres, type ServerPlace, startServer } from "./server-process.ts";

const ROUNDS = 20;
const KEYS = 50;

// Rows of FAILURES.md that concern the ledger. 3, 4, 27 and 28 stand in concurrency.test.ts, 26 in place-hold.test.ts.

describe("a server killed right after its answer", () => {
  let place: ServerPlace;
  beforeAll(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "countinghouse-answered-"));
    await chmod(dataDir, 0o755);
    place = { dataDir };
  });
  afterAll(() => rm(place.dataDir, { recursive: true, force: true, maxRetries: 5 }));

  it("FAILURES 25: has what it answered 201, after kill -9 of it and of PostgreSQL in the same moment", async () => {
    const server = await startServer(place);
    const client = await openClient(server.url);
    const [accountId = ""] = await openFundedAccounts(client, { count: 1, amount: 0 });
    const { pid } = await findPostgres(place.dataDir);
    const body = { type: "deposit", account_id: accountId, amount: 7, currency: "JPY" };
    const answer = await client.post("/transactions", body, "the-last-word");
    process.kill(pid, "SIGKILL");
    server.signal("SIGKILL");
    client.close();
    expect([answer.status, await server.ended]).toEqual([201, "SIGKILL"]);

    const next = await startServer(place);
    const asking = await openClient(next.url);
    const repeated = await asking.post("/transactions", body, "the-last-word");
    expect([repeated.status, repeated.headers["idempotency-replayed"]]).toEqual([201, "true"]);
    expect(repeated.body).toEqual(answer.body);
    expect((await asking.get(`/transactions/${answer.body.id}`)).body.status).toBe("COMPLETED");
    expect(await balanceOf(asking, accountId)).toBe(7);
    asking.close();
    next.signal("SIGTERM");
    expect(await next.ended).toBe(0);
  });
});

describe("a batch", () => {
  let ground: TestDesk;
  const RULES = [{ rule: "large_amount", above: "500", block: true }] as const;
  beforeAll(async () => {
    ground = await openTestDesk({ rules: RULES });
  });
  afterAll(() => ground.close());

  function deposit(accountId: number, amount = 100n): TransactionRequest {
    return { type: "deposit", accountId, amount, asset: assetOf("EUR") };
  }

  function assetOf(code: string) {
    const asset = ground.assets.byCode(code);
    if (asset === undefined) throw new Error(code);
    return asset;
  }

  function submitKeyed(key: string, request: TransactionRequest) {
    const context = { actor: STAFF, assets: ground.assets, risk: ground.risk };
    const named = { ...request, amount: String(request.amount) };
    return ground.desk.submit(buildPostCommand({ ...context, key: keyed(STAFF, key, named) }, request));
  }

  it("FAILURES 29: answers a key that comes twice in it twice, and books it once", async () => {
    const accountId = await ground.openAccount({ owner: "alice" });
    const outcomes = await Promise.all([1, 2, 3].map(() => submitKeyed("twice", deposit(accountId))));
    expect(outcomes.map(({ replayed }) => replayed)).toEqual([false, true, true]);
    expect(new Set(outcomes.map((outcome) => ("answer" in outcome ? outcome.answer : outcome))).size).toBe(1);
    expect(await ground.balanceOf(accountId)).toEqual({ balance: 100n, held: 0n });
  });

  it("FAILURES 29: refuses the second of two different requests with one key in it, and books the first", async () => {
    const accountId = await ground.openAccount({ owner: "alice" });
    const [first, second] = await Promise.all([
      submitKeyed("two meanings", deposit(accountId, 100n)),
      submitKeyed("two meanings", deposit(accountId, 200n)),
    ]);
    expect(first).toMatchObject({ replayed: false });
    expect(second).toMatchObject({ refused: { code: "idempotency_key_reused" } });
    expect(await ground.balanceOf(accountId)).toEqual({ balance: 100n, held: 0n });
  });

  it("FAILURES 29: repeats a refusal to the second of two in it, although money has come in between", async () => {
    const accountId = await ground.openAccount({ owner: "alice" });
    const withdrawal = { ...deposit(accountId), type: "withdrawal" } as const;
    const [first, , second] = await Promise.all([
      submitKeyed("refused", withdrawal),
      submitKeyed("between", deposit(accountId)),
      submitKeyed("refused", withdrawal),
    ]);
    expect(first).toMatchObject({ refused: { code: "insufficient_funds" }, replayed: false });
    expect(second).toMatchObject({ refused: { code: "insufficient_funds" }, replayed: true });
    expect(await ground.balanceOf(accountId)).toEqual({ balance: 100n, held: 0n });
  });

  it("FAILURES 31: refuses each item with the same words as the single path, whatever guard it meets", async () => {
    const alice = customer("alice");
    const own = await ground.openAccount({ owner: "alice", balance: 1_000n });
    const foreign = await ground.openAccount({ owner: "bob", balance: 1_000n });
    const frozen = await ground.openAccount({ owner: "alice", balance: 1_000n });
    const dollars = await ground.openAccount({ owner: "alice", currency: "USD" });
    await ground.db`UPDATE ledger.accounts SET state = 2 WHERE id = ${frozen}`;
    const euro = assetOf("EUR");
    const transfer = (accountId: number, toAccountId: number, amount = 10n): TransactionRequest => {
      return { type: "transfer", accountId, toAccountId, amount, asset: euro };
    };
    const cases: [string, Actor, TransactionRequest][] = [
      ["account_not_found", alice, transfer(foreign, own)],
      ["deposit_not_allowed", alice, deposit(own)],
      ["insufficient_funds", alice, transfer(own, foreign, 1_001n)],
      ["account_frozen", alice, transfer(frozen, own)],
      ["account_frozen", alice, transfer(own, frozen)],
      ["asset_mismatch", alice, transfer(own, dollars)],
      ["asset_mismatch", STAFF, deposit(dollars)],
      ["account_not_found", STAFF, transfer(own, 999_999_999)],
      ["blocked_by_risk_rule", STAFF, deposit(own, 50_001n)],
    ];
    for (const [code, actor, request] of cases) {
      const context = { actor, assets: ground.assets, risk: ground.risk };
      const single = await ground.desk.submit(buildPostCommand(context, request));
      expect(single).toMatchObject({ refused: { code } });
      const each = await ground.carryOut(
        buildPostBatchCommand({ ...context, mode: "independent" }, [request]),
      );
      expect(each.results.map(({ error }: { error: { code: string } }) => error.code)).toEqual([code]);
      const whole = await ground.desk.submit(
        buildPostBatchCommand({ ...context, mode: "atomic" }, [request]),
      );
      expect(whole).toMatchObject({ refused: { code: "batch_item_refused", details: { item_code: code } } });
    }
    const balances = await Promise.all([own, foreign, frozen].map((id) => ground.balanceOf(id)));
    expect(balances).toEqual(Array(3).fill({ balance: 1_000n, held: 0n }));
  });
});

describe("two desks on one database", () => {
  let first: TestDesk;
  let second: TestDesk;
  beforeAll(async () => {
    first = await openTestDesk();
    // A deadlock would last longer than the test.
    await first.db.unsafe(
      `ALTER DATABASE ${new URL(first.databaseUrl).pathname.slice(1)} SET deadlock_timeout = '5min'`,
    );
    second = await openTestDesk({ databaseUrl: first.databaseUrl });
  });
  afterAll(async () => {
    await second.close();
    await first.close();
  });

  it("FAILURES 4: remember the same keys, come in opposite order and on different accounts, without a deadlock", async () => {
    const accountIds = [
      await first.openAccount({ owner: "alice" }),
      await first.openAccount({ owner: "bob" }),
    ];
    const asset = first.assets.byCode("EUR");
    if (asset === undefined) throw new Error("EUR");
    const submitAll = (ground: TestDesk, accountId: number | undefined, keys: readonly string[]) =>
      keys.map((key) => {
        const request = { type: "deposit", accountId: accountId ?? 0, amount: 1n, asset } as const;
        const context = {
          actor: STAFF,
          assets: ground.assets,
          risk: ground.risk,
          key: keyed(STAFF, key, accountId),
        };
        return ground.desk.submit(buildPostCommand(context, request));
      });
    for (let round = 0; round < ROUNDS; round += 1) {
      const keys = Array.from({ length: KEYS }, (_, index) => `shared-${round}-${index}`);
      const outcomes = await Promise.all([
        ...submitAll(first, accountIds[0], keys),
        ...submitAll(second, accountIds[1], keys.toReversed()),
      ]);
      expect(outcomes.filter((outcome) => "refused" in outcome).length).toBe(KEYS); // one of each two
    }
    const balances = await Promise.all(accountIds.map((id) => first.balanceOf(id)));
    expect(balances.reduce((sum, { balance }) => sum + balance, 0n)).toBe(BigInt(ROUNDS * KEYS));
  });
});

describe("contention that does not end", () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startTestApp();
    token = await app.token("admin");
  });
  afterAll(() => app.stop());
  afterEach(() => alterDatabase("RESET ALL"));

  /** Holds for connections opened from now on; those that are open are ended. */
  async function alterDatabase(setting: string): Promise<void> {
    const name = new URL(app.databaseUrl).pathname.slice(1);
    await app.db.unsafe(`ALTER DATABASE ${name} ${setting}`);
    await app.db`
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
  }

  async function openAccounts(): Promise<[string, string]> {
    const body = { accounts: [{ currency: "EUR" }, { currency: "EUR" }] };
    const opened = await untilServed(() => app.call("POST", "/api/v1/accounts/batch", { token, body }));
    const [first, second] = opened.body.accounts;
    return [first.id, second.id];
  }

  /** Its connections were just ended: the first to notice are told to try again. */
  async function untilServed(ask: () => ReturnType<TestApp["call"]>): ReturnType<TestApp["call"]> {
    for (;;) {
      const answer = await ask();
      if (answer.body.code !== "database_unavailable") return answer;
    }
  }

  function deposit(accountId: string, key: string) {
    const body = { type: "deposit", account_id: accountId, amount: "5", currency: "EUR" };
    return app.call("POST", "/api/v1/transactions", { token, body, headers: { "idempotency-key": key } });
  }

  it("FAILURES 32: is answered try_again after three more tries, books nothing, and the key is free for the next", async () => {
    await alterDatabase("SET lock_timeout = '50ms'");
    const [accountId] = await openAccounts();
    const refused = await app.db.begin(async (tx) => {
      await tx`SELECT 1 FROM ledger.accounts WHERE id = ${accountId} FOR UPDATE`;
      return untilServed(() => deposit(accountId, "contended"));
    });
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([
      503,
      "try_again",
      "1",
    ]);
    const later = await deposit(accountId, "contended");
    expect([later.status, later.headers.get("idempotency-replayed")]).toEqual([201, null]);
    expect(later.body.balances[0].balance).toBe("5.00");
  });

  it("FAILURES 32: lets a batch that was made the victim of a deadlock try again, and its client see only 201", async () => {
    await alterDatabase("SET deadlock_timeout = '30ms'");
    const [low, high] = await openAccounts();
    // Not one of ours: it locks against the order, and is patient, so that the batch is the victim.
    const stranger = openDatabase({
      url: asOwner(app.databaseUrl), // a superuser: nobody else may set this
      poolSize: 1,
      statementTimeoutMs: 60_000,
      settings: { deadlock_timeout: "20s" },
    });
    const body = { type: "transfer", account_id: low, to_account_id: high, amount: "2", currency: "EUR" };
    expect((await deposit(low, "to-spend")).status).toBe(201);
    let answer: ReturnType<TestApp["call"]> | undefined;
    await stranger.begin(async (tx) => {
      await tx`SELECT 1 FROM ledger.accounts WHERE id = ${high} FOR UPDATE`;
      answer = app.call("POST", "/api/v1/transactions", { token, body });
      await untilSomebodyWaits();
      // The batch has this one and waits for the other: it must give up for the stranger to go on.
      await tx`SELECT 1 FROM ledger.accounts WHERE id = ${low} FOR UPDATE`;
    });
    expect((await answer)?.status).toBe(201);
    await stranger.end({ timeout: 5 });
  });

  async function untilSomebodyWaits(): Promise<void> {
    for (;;) {
      const waiting = await app.db`SELECT 1 FROM pg_locks WHERE NOT granted`;
      if (waiting.length > 0) return;
    }
  }
});
