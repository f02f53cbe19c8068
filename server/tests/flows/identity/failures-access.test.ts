import { expect, it } from "vitest";
import { startTestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";

const app = await shareInFile(startTestApp({ RATE_LIMIT_USER: "60" }));

it("failure 36: the actor comes from the token alone, whatever the body says", async () => {
  const staff = await app.token("admin");
  const eve = await app.token("customer", "eve");
  const open = (token: string, owner: string) =>
    app.call("POST", "/api/v1/accounts", {
      token,
      body: { owner_id: owner, external_owner: true, currency: "EUR" },
    });
  const victims = (await open(staff, "ada")).body.id;
  const own = (await open(staff, "eve")).body.id;
  await app.call("POST", "/api/v1/transactions", {
    token: staff,
    body: { type: "deposit", account_id: victims, amount: "10.00", currency: "EUR" },
  });
  const transfer = {
    type: "transfer",
    account_id: victims,
    to_account_id: own,
    amount: "5.00",
    currency: "EUR",
  };
  for (const claim of [{}, { actor_id: "ada" }, { user_id: "ada" }, { owner_id: "ada", role: "admin" }]) {
    const { status, body } = await app.call("POST", "/api/v1/transactions", {
      token: eve,
      body: { ...transfer, ...claim },
      headers: { "x-user-id": "ada" },
    });
    expect([400, 404], JSON.stringify(body)).toContain(status);
  }
  const order = { items: [{ product_id: 1, quantity: 1 }], payment_method: "invoice", customer_id: "ada" };
  const forAda = await app.call("POST", "/api/v1/orders", { token: eve, body: order });
  expect(forAda).toMatchObject({ status: 403, body: { code: "staff_only_field" } });
  const balance = await app.call("GET", `/api/v1/accounts/${victims}/balance`, { token: staff });
  expect(balance.body).toMatchObject({ balance: "10.00" });
});

it("failure 37: of many requests at once no more are admitted than the limit allows", async () => {
  const token = await app.token("customer", "crowd");
  const burst = 30; // half a minute's worth
  const startedAt = Date.now();
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => app.call("GET", "/api/v1/accounts", { token })),
  );
  const passedSeconds = (Date.now() - startedAt) / 1_000;
  const admitted = answers.filter(({ status }) => status === 200).length;
  expect(admitted).toBeGreaterThanOrEqual(burst);
  expect(admitted).toBeLessThanOrEqual(burst + Math.ceil(passedSeconds)); // one more a second
  expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
});
