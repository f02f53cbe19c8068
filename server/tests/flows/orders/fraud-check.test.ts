import { afterAll, beforeAll, expect, it } from "vitest";
import type { BookCommand } from "../../../src/modules/desk/index.ts";
import { takeStamps } from "../../../src/modules/ledger/index.ts";
import {
  blockSubject,
  changeBlocked,
  findBlocked,
  readSubject,
  unblockSubject,
} from "../../../src/modules/risk/blocked.ts";
import {
  type FraudCheck,
  openFraudCheck,
  type ScreenedOrder,
} from "../../../src/modules/risk/fraud-check.ts";
import { getScreening } from "../../../src/modules/risk/get-screening.ts";
import { inTransaction } from "../../../src/runtime/transaction.ts";
import { openVault, type Vault } from "../../../src/runtime/vault/vault.ts";
import { AppError } from "../../../src/values/app-error.ts";
import { openTestDesk, STAFF, type TestDesk } from "../../desk.ts";

let test: TestDesk;
let vault: Vault;
let check: FraudCheck;

beforeAll(async () => {
  test = await openTestDesk();
  vault = await openVault(test.db, {
    encryptionKey: Buffer.alloc(32, 7).toString("base64"),
    previousKey: undefined,
    dataDir: "/nowhere",
  });
  check = openFraudCheck({
    vault,
    rules: [
      { rule: "order_velocity", count: 2, seconds: 3_600, score: 60 },
      { rule: "new_account", hours: 1, score: 60 },
      { rule: "blocked", score: 100 },
    ],
    limits: { reviewScore: 60, refuseScore: 100 },
  });
});
afterAll(() => test.close());

/** Places nothing but what screening leaves: an order's id and what was found. */
function screen(order: Partial<ScreenedOrder>): BookCommand {
  const prepared = check.prepare({ customerId: "ada", ...order });
  return {
    event: null,
    actor: STAFF,
    scope: { accountIds: [], stampCount: 1 },
    needs: prepared.needs,
    decide: (desk) => {
      const { now, firstStamp } = desk.book;
      const amount = { totalMinor: 100n, currency: "EUR", scale: 2, now, firstStamp };
      const judgement = check.judge(desk.rows, prepared, amount);
      if (judgement.verdict === "refuse") return new AppError("refused", "order_refused_by_screening");
      const orderId = takeStamps(desk.book, 1);
      check.keep(desk.rows, prepared, { orderId, judgement });
      return { answer: JSON.stringify({ id: String(orderId), ...judgement }), counted: [] };
    },
  };
}

const verdictOf = async (order: Partial<ScreenedOrder>) =>
  test.carryOut(screen(order)).then(
    (answer) => answer.verdict,
    (error: AppError) => error.code,
  );

it("keeps what was found with the order", async () => {
  const { id } = await test.carryOut(screen({ registeredAt: new Date() }));
  const found = await getScreening(test.db, Number(id));
  expect(found).toMatchObject({ orderId: Number(id), score: 60, verdict: "review" });
  expect(JSON.parse(found.findings)).toEqual([
    { rule: "new_account", score: 60, reason: "the account is younger than 1 hours" },
  ]);
  await expect(getScreening(test.db, 1)).rejects.toMatchObject({ code: "screening_not_found" });
  expect(await verdictOf({ customerId: "eve", registeredAt: new Date(Date.now() - 3_700_000) })).toBe(
    "accept",
  );
});

it("counts a customer's orders of one batch and of earlier ones, and leaves others alone", async () => {
  const byHedy = () => verdictOf({ customerId: "hedy" });
  const burst = await Promise.all([byHedy(), byHedy(), byHedy()]);
  expect(burst).toEqual(["accept", "accept", "review"]);
  expect(await byHedy()).toBe("review");
  expect(await verdictOf({ customerId: "bob" })).toBe("accept");
  expect(await verdictOf({ customerId: null })).toBe("accept");
  const byGuest = () => verdictOf({ customerId: null, emails: ["guest@example.com"] });
  expect([await byGuest(), await byGuest(), await byGuest()]).toEqual(["accept", "accept", "review"]);
});

it("two processes cannot each let half of a burst through", async () => {
  const other = await openTestDesk({ databaseUrl: test.databaseUrl });
  const outcomes = await Promise.all(
    [test, other, test, other, test, other].map((desk) => desk.carryOut(screen({ customerId: "joan" }))),
  );
  expect(outcomes.filter((outcome) => outcome.verdict === "accept")).toHaveLength(2);
  await other.close();
});

it.each([
  ["email", "Mallory@Example.com", { emails: ["eve@example.com", " mallory@example.COM"] }],
  ["ip", "2001:db8:1:2::7", { ip: "2001:db8:1:2:ffff::1" }],
  ["customer", "mallory", { customerId: "mallory" }],
  [
    "address",
    { street: "1 Elm St.", city: "Here" },
    { shippingAddress: { street: "1 elm st", city: "here" } },
  ],
] as const)(
  "refuses the orders of a blocked %s, until it is taken off the list",
  async (kind, value, order) => {
    const blocked = { reason: "fraud", expiresAt: null, blockedBy: "admin" };
    const entry = { kind, value: readSubject(kind, value), ...blocked };
    const { id } = await inTransaction(test.db, (tx) => blockSubject(tx, vault, entry));
    const theirs = { customerId: null, ...order };
    expect(await verdictOf(theirs)).toBe("order_refused_by_screening");
    expect(await verdictOf({ customerId: null, emails: [`not.${kind}@example.com`] })).toBe("accept");
    await inTransaction(test.db, (tx) => unblockSubject(tx, vault, id));
    expect(await verdictOf(theirs)).toBe("accept");
  },
);

it("an entry whose time is past blocks nobody", async () => {
  const entry = { kind: "customer", value: "grace", reason: null, blockedBy: "admin" } as const;
  const { id } = await inTransaction(test.db, (tx) =>
    blockSubject(tx, vault, { ...entry, expiresAt: new Date(Date.now() + 60_000) }),
  );
  expect(await verdictOf({ customerId: "grace" })).toBe("order_refused_by_screening");
  const change = { expiresAt: new Date(Date.now() - 1_000), versions: [1] };
  await inTransaction(test.db, (tx) => changeBlocked(tx, vault, { id, change }));
  expect(await verdictOf({ customerId: "grace" })).toBe("accept");
  await expect(
    inTransaction(test.db, (tx) => changeBlocked(tx, vault, { id, change })),
  ).rejects.toMatchObject({
    code: "blocked_entry_changed",
  });
});

it("values rest encrypted and are listed in plain text", async () => {
  const entry = {
    kind: "email",
    value: readSubject("email", "M@x.org"),
    reason: null,
    expiresAt: null,
    blockedBy: "admin",
  } as const;
  await inTransaction(test.db, (tx) => blockSubject(tx, vault, entry));
  const [row] = await test.db<{ value: string }[]>`SELECT value FROM risk.blocked_subjects`;
  expect(row?.value).toMatch(/^v1:/);
  const page = await findBlocked({ db: test.db, vault }, { kind: "email", value: "m@X.org", limit: 10 });
  expect(page.items).toMatchObject([{ value: "m@x.org", kind: "email" }]);
  await expect(inTransaction(test.db, (tx) => blockSubject(tx, vault, entry))).rejects.toMatchObject({
    code: "blocked_already",
  });
  expect(() => readSubject("ip", "localhost")).toThrow("must be an IPv4 or IPv6 address");
});
