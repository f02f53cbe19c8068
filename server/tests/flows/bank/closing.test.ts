import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

it("F6-8 refuses to close an account with money on its way in, naming the holds, until they have ended", async () => {
  const payer = await shop.openAccount("alice", "50.00");
  const payee = await shop.openAccount("bob");
  const close = () => shop.staff("PATCH", `/accounts/${payee}`, { body: { state: "closed" } });
  const hold = { account_id: payer, to_account_id: payee, amount: "10.00", currency: "USD" };
  const { body: released } = await shop.alice("POST", "/holds", { body: hold });
  const { body: captured } = await shop.alice("POST", "/holds", { body: hold });
  expect(await close()).toMatchObject({
    status: 422,
    body: { code: "account_awaits_money", hold_ids: [released.id, captured.id] },
  });
  await shop.bob("POST", `/holds/${released.id}/release`);
  expect((await shop.bob("POST", `/holds/${captured.id}/capture`)).status).toBe(200);
  expect(await close()).toMatchObject({ status: 422, body: { code: "account_not_empty" } });
  const back = { type: "withdrawal", account_id: payee, amount: "10.00", currency: "USD" };
  expect((await shop.bob("POST", "/transactions", { body: back })).status).toBe(201);
  expect(await close()).toMatchObject({ status: 200, body: { state: "closed" } });
});

it("F6-8 lets a hold that is past its time stand in nobody's way", async () => {
  const payer = await shop.openAccount("alice", "50.00");
  const payee = await shop.openAccount("bob");
  const hold = { account_id: payer, to_account_id: payee, amount: "10.00", currency: "USD" };
  const { body: held } = await shop.alice("POST", "/holds", { body: hold });
  await shop.app.db`UPDATE ledger.holds SET expires_at = ${held.id} WHERE id = ${held.id}`;
  expect(await shop.staff("PATCH", `/accounts/${payee}`, { body: { state: "closed" } })).toMatchObject({
    status: 200,
  });
});
