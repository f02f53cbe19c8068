// The ground of the hostile tests: a program with accounts, a transaction and a hold on them, and how to speak to it.
import { expect } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";
import { type Answer, expectProblem, type ProblemDocument } from "./check-problem.ts";
import { openRowCounter, type RowCounts } from "./count-rows.ts";
import { isOfIdentity, type Operation, readOperations } from "./operations.ts";
import { openSender, type Sender } from "./send.ts";
import type { KnownValues } from "./valid-request.ts";

export interface Ground extends Sender {
  readonly app: TestApp;
  readonly operations: readonly Operation[];
  readonly admin: string;
  /** An administrator's token that this operation goes far with: identity asks for a user who signed in. */
  readonly tokenFor: (operation: Operation) => string;
  /** The same for a customer who owns nothing. */
  readonly strangerFor: (operation: Operation) => string;
  /** Ids of what exists, owned by "owner", and values that keep it usable. */
  readonly known: KnownValues;
  readonly countRows: () => Promise<RowCounts>;
  /** Empties the remembered answers. */
  readonly forgetKeys: () => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

export async function openGround(overrides: Readonly<Record<string, string>> = {}): Promise<Ground> {
  const app = await startTestApp(overrides);
  const sender = openSender(app.url);
  const admin = await app.token("admin");
  const stranger = await app.token("customer", "stranger");
  const people = await signUpPeople(app);
  // Signing out works, and whoever does it is of no more use here.
  const needsUser = (operation: Operation) => isOfIdentity(operation) && !operation.path.endsWith("/logout");
  return {
    ...sender,
    app,
    admin,
    tokenFor: (operation) => (needsUser(operation) ? people.admin : admin),
    strangerFor: (operation) => (needsUser(operation) ? people.stranger : stranger),
    operations: await readOperations(app),
    known: { ...(await makeKnownValues(app, admin)), ...people.known },
    countRows: await openRowCounter(app.db),
    forgetKeys: async () => app.db`TRUNCATE runtime.idempotency_keys`,
    stop: async () => {
      sender.close();
      await app.stop();
    },
  };
}

/** Users who are signed in, and the ids of another one's session, user and key. */
async function signUpPeople(app: TestApp) {
  const signUp = async (username: string) => {
    const body = { username, email: `${username}@example.org`, password: "not the one of the examples" };
    const { id } = (await app.call("POST", "/auth/register", { body })).body;
    const tokens = (await app.call("POST", "/auth/login", { body: { username, password: body.password } }))
      .body;
    return { id: id as string, token: tokens.access_token as string };
  };
  const [insider, stranger, other] = [
    await signUp("insider"),
    await signUp("stranger"),
    await signUp("other"),
  ];
  const asOther = { token: other.token };
  const { sessions } = (await app.call("GET", "/users/me/sessions", asOther)).body;
  const key = { name: "till", scopes: ["accounts:read"] };
  const made = (await app.call("POST", "/users/me/api-keys", { ...asOther, body: key })).body;
  // What staff may do with a user goes far with a program alone: it may be given keys.
  const user = { username: "program", email: "program@example.org", roles: ["service"] };
  const asInsider = { token: insider.token };
  const program = (await app.call("POST", "/admin/users", { ...asInsider, body: user })).body;
  const path = `/admin/users/${program.id}/api-keys`;
  const keyOfProgram = (await app.call("POST", path, { ...asInsider, body: key })).body;
  return {
    admin: insider.token, // the first to register
    stranger: stranger.token,
    known: {
      owner_username: undefined, // stands instead of owner_id
      customer_username: undefined, // stands instead of customer_id
      "users.id": program.id,
      "sessions.id": sessions[0].id,
      "api-keys.id": made.id,
      "api-keys.keyId": keyOfProgram.id,
      "passkeys.id": crypto.randomUUID(),
      password_hash: `$2b$10$${"a".repeat(53)}`,
    },
  };
}

async function makeKnownValues(app: TestApp, token: string): Promise<KnownValues> {
  const post = async (path: string, body: unknown): Promise<string | number> => {
    const answer = await app.call("POST", `/api/v1${path}`, { token, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body.id;
  };
  const open = () => post("/accounts", { owner_id: "owner", external_owner: true, currency: "EUR" });
  const [payer, payee, changed] = [await open(), await open(), await open()];
  const money = { account_id: payer, amount: "1000000.00", currency: "EUR" };
  const deposit = await post("/transactions", { type: "deposit", ...money });
  const hold = await post("/holds", { ...money, to_account_id: payee, amount: "1.00" });
  const category = await post("/categories", { name: "Known", status: "draft" });
  const product = await post("/products", {
    sku: "KNOWN",
    name: "Known",
    price: 1,
    category_id: category,
    status: "draft",
  });
  const units = await post("/accounts", { owner_id: "owner", external_owner: true, currency: "BTC" });
  const pair = { symbol: "KNOWN-EUR", name: "Known", asset: "BTC", currency: "EUR" };
  const instrument = await post("/instruments", pair);
  const accounts = { cash_account_id: payer, asset_account_id: units };
  const limit = { side: "buy", type: "limit", quantity: "1", limit_price: "1" };
  const order = await post("/trade-orders", { instrument_id: instrument, ...limit, ...accounts });
  const owner = { token: await app.token("customer", "owner"), body: {} };
  const cart = (await app.call("POST", "/api/v1/carts", owner)).body.id; // no stranger's, whoever makes one first
  const sold = await post("/orders", {
    items: [{ description: "Known", unit_price: "1.00", quantity: 1 }],
    customer_id: "owner",
    external_customer: true,
    payment_method: "invoice",
  });
  return {
    "carts.id": cart,
    "orders.id": sold,
    "instruments.id": instrument,
    "trade-orders.id": order,
    instrument_id: instrument,
    ...accounts,
    "accounts.id": changed,
    "categories.id": category,
    "products.id": product,
    category_id: category,
    parent_id: null,
    "transactions.id": deposit,
    "holds.id": hold,
    account_id: payer,
    to_account_id: payee,
    from_account_id: payer,
    payment_method: "balance", // the one that goes with account_id
    type: "transfer",
    currency: "EUR",
    amount: "1",
    state: "open",
    status: "draft",
    credit_limit: "0.00",
    code: "XTS",
    base: "EUR",
    quote: "USD",
    subtotal: "1",
  };
}

/** What is wrong with an answer to a malformed request, in words; undefined where it is as it should be. */
export function findFault(answer: Answer, path?: readonly string[]): string | undefined {
  try {
    if (answer.status < 400) return undefined;
    const problem = expectProblem(answer);
    return path === undefined ? undefined : findUnnamedField(answer, problem, path);
  } catch (error) {
    return `${answer.status} ${answer.text.slice(0, 300)}: ${(error as Error).message}`;
  }
}

/** About the body as text, a link that was used or never made, and what a device has signed. */
const NOT_ABOUT_ONE_FIELD = new Set(["invalid_json", "invalid_link", "passkey_not_accepted"]);

/** A 400 that is about the request's fields names the one at fault, or the one that holds it. */
function findUnnamedField(
  answer: Answer,
  problem: ProblemDocument,
  path: readonly string[],
): string | undefined {
  if (answer.status !== 400 || NOT_ABOUT_ONE_FIELD.has(problem.code)) return undefined;
  const named = problem.errors?.map((error) => error.field) ?? [];
  const [holder, field] = [path.at(-2) ?? "", path.at(-1) ?? ""];
  if (named.some((name) => name.includes(field) || (holder !== "" && name.endsWith(holder))))
    return undefined;
  return `400 ${problem.code} names ${JSON.stringify(named)} instead of ${path.join(".")}: ${problem.detail.slice(0, 200)}`;
}
