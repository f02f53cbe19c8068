// Whose an account may be: a user that exists, the caller, or, where that is said, somebody of another system.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestBank, type TestBank } from "../bank.ts";

let bank: TestBank;
let dora: string;
beforeAll(async () => {
  bank = await openTestBank();
  dora = (await addUser("Dora")).body.id;
});
afterAll(() => bank?.app.stop());

const addUser = (username: string) =>
  bank.post("/admin/users", { username, email: `${username}@example.com`, roles: ["customer"] });
const open = (fields: object, token?: string) =>
  bank.post("/accounts", { currency: "EUR", ...fields }, token);
const openAll = (accounts: readonly object[]) =>
  bank.post("/accounts/batch", { accounts: accounts.map((fields) => ({ currency: "EUR", ...fields })) });
const unknown = (field: string) => ({
  status: 422,
  body: { code: "owner_unknown", errors: [{ field, reason: "is no user here" }] },
});
const countAccounts = async () => (await bank.app.db`SELECT FROM banking.accounts`).length;

test("F6-23 an account is opened for a user, by id or by name however that is written", async () => {
  for (const owner of [{ owner_id: dora }, { owner_username: "Dora" }, { owner_username: "dORA" }])
    expect(await open(owner)).toMatchObject({ status: 201, body: { owner_id: dora } });
  const batch = await openAll([{ owner_username: "dora" }, { owner_id: dora }]);
  expect(batch.body.accounts).toMatchObject([{ owner_id: dora }, { owner_id: dora }]);
});

test.each([
  ["a name", "alice"],
  ["a user's name in place of the id", "dora"],
  ["an id in capitals", "6F1E2C54-0F5B-4B0E-9D0A-0C2F6D5E7A11"],
  ["an id that nobody has", "6f1e2c54-0f5b-4b0e-9d0a-0c2f6d5e7a11"],
  ["the subject of another issuer", "oidc:till"],
  ["a name that every object has", "constructor"],
])("F6-23 an owner that means nobody is refused, and nothing is opened: %s", async (_, ownerId) => {
  const before = await countAccounts();
  expect(await open({ owner_id: ownerId })).toMatchObject(unknown("owner_id"));
  expect(await open({ owner_id: ownerId, external_owner: false })).toMatchObject(unknown("owner_id"));
  expect(await open({ owner_username: `${ownerId}-nobody` })).toMatchObject(unknown("owner_username"));
  const batch = await openAll([{ owner_id: dora }, { owner_id: ownerId }]);
  expect(batch).toMatchObject(unknown("accounts[1].owner_id"));
  expect(await countAccounts()).toBe(before);
  const external = await open({ owner_id: ownerId, external_owner: true });
  expect(external).toMatchObject({ status: 201, body: { owner_id: ownerId } });
});

test("F6-23 who calls is somebody, whoever issued their token", async () => {
  const till = await bank.app.token("service", "till-4");
  expect(await open({}, till)).toMatchObject({ status: 201, body: { owner_id: "till-4" } });
  expect(await open({ owner_id: "till-4" }, till)).toMatchObject({ status: 201 });
  expect(await open({ owner_id: "till-4" })).toMatchObject(unknown("owner_id"));
});

test("F6-23 an owner is given in one way", async () => {
  const refused = (field: string) => ({ status: 400, body: { errors: [{ field }] } });
  expect(await open({ owner_id: dora, owner_username: "dora" })).toMatchObject(refused("owner_username"));
  expect(await open({ owner_username: "dora", external_owner: true })).toMatchObject(refused("owner_id"));
  expect(await open({ external_owner: true })).toMatchObject(refused("owner_id"));
  expect(await openAll([{}, { external_owner: true }])).toMatchObject(refused("accounts[1].owner_id"));
});
