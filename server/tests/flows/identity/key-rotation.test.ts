// A rotation of the data keys on a program that is running and in use: every encrypted column of every table is brought
// under the new key, whoever it belongs to, and everything is read as before.
import { expect, test } from "vitest";
import { rotateKeys } from "../../../src/cli/keys/keys.ts";
import { openVault } from "../../../src/runtime/vault/vault.ts";
import { startTestApp, type TestApp } from "../../app.ts";
import { shareInFile } from "../../share-in-file.ts";
import { readTrail } from "../../trail.ts";

const app = await shareInFile(startTestApp());

const PASSWORD = "correct horse battery staple";
const OPTIONS = {
  encryptionKey: Buffer.alloc(32, 7).toString("base64"), // startTestApp's
  previousKey: undefined,
  dataDir: "/nowhere",
};
const call: TestApp["send"] = (...sent) => app.send(...sent);

/** Columns with a value under a data key, all over the database: "identity.users.email v1:2". */
async function findSealed(): Promise<string[]> {
  const columns = await app.db<{ table: string; column: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS table, column_name AS column
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE data_type = 'text' AND table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;
  const found: string[] = [];
  for (const { table, column } of columns) {
    const rows = await app.db.unsafe<{ key: string }[]>(
      `SELECT DISTINCT substring("${column}" from '^v1:[0-9]+') AS key FROM ${table} WHERE "${column}" ~ '^v1:[0-9]+:[A-Za-z0-9_-]+$'`,
    );
    found.push(...rows.map(({ key }) => `${table}.${column} ${key}`));
  }
  return found.sort();
}

test("brings every encrypted column under the new key, and everything is read as before", async () => {
  const body = { username: "ada", email: "ada@example.com", password: PASSWORD, full_name: "Ada Lovelace" };
  const { id } = (await app.call("POST", "/auth/register", { body })).body;
  const logIn = async () =>
    (await app.call("POST", "/auth/login", { body: { username: "ada", password: PASSWORD } })).body;
  const { access_token: token, refresh_token } = await logIn();
  await call(token, "POST /users/me/factors/totp");
  const account = { owner_id: id, currency: "EUR", holder_name: "Ada Lovelace", external_number: "DE89" };
  const opened = (await call(token, "POST /accounts", account)).body;
  const secure = { user_id: id, amount: "10.50" };
  expect((await call(token, "POST /secure-transactions", secure)).status).toBe(201);
  const vault = await openVault(app.db, OPTIONS);
  const login = vault.encrypt("nobody", "identity.mails.login");
  await app.db`
    INSERT INTO identity.mails (template, login, created_at, next_attempt_at)
    VALUES ('reset_password', ${login}, now(), now() + interval '1 day')`;
  await readTrail(app.db);
  const blocked = { kind: "email", value: "mallory@example.com" };
  expect((await call(token, "POST /risk/blocked", blocked)).status).toBe(201);
  const product = (
    await call(token, "POST /products", { name: "A", sku: "A", price: "1.00", initial_quantity: 1 })
  ).body;
  const ordered = await call(token, "POST /orders", {
    items: [{ product_id: product.id, quantity: 1 }],
    payment_method: "invoice",
    shipping_address: { street: "1 Elm St" },
    billing_address: { street: "9 Oak Ave" },
  });

  const before = await findSealed();
  const names = before.map((line) => line.split(" ")[0]);
  expect(names).toEqual(
    expect.arrayContaining([
      "audit.personal_values.sealed",
      "banking.accounts.holder_name",
      "banking.secure_records.wrapped_key",
      "identity.mails.login",
      "identity.sessions.secret",
      "identity.signing_keys.private_key",
      "identity.totp.secret",
      "identity.users.email",
      "identity.users.full_name",
      "orders.addresses.billing",
      "orders.addresses.shipping",
      "risk.blocked_subjects.value",
    ]),
  );
  const { dataKeyId } = await rotateKeys(app.db, OPTIONS, { withData: true });
  expect(await findSealed()).toEqual(names.map((name) => `${name} v1:${dataKeyId}`));

  const [mail] = await app.db<{ login: string }[]>`SELECT login FROM identity.mails WHERE login IS NOT NULL`;
  const sealed = { value: mail?.login ?? null, context: "identity.mails.login" };
  expect(await vault.decryptAll([sealed])).toEqual(["nobody"]);
  expect((await call(token, "GET /users/me")).body).toMatchObject({
    email: "ada@example.com",
    full_name: "Ada Lovelace",
  });
  expect((await call(token, `GET /accounts/${opened.id}`)).body).toMatchObject({
    holder_name: "Ada Lovelace",
  });
  expect((await app.call("POST", "/auth/refresh", { body: { refresh_token } })).status).toBe(200);
  const { items } = (await call(token, "GET /audit?event=user_created")).body;
  expect(JSON.stringify(items)).toContain("ada@example.com");
  expect(await logIn()).toMatchObject({ token_type: "Bearer" });
  expect((await call(token, "GET /risk/blocked")).body.items).toMatchObject([blocked]);
  expect((await call(token, `GET /orders/${ordered.body.id}`)).body).toMatchObject({
    shipping_address: { street: "1 Elm St" },
    billing_address: { street: "9 Oak Ave" },
  });
});
