// The ground of the hostile tests: a program with accounts, a transaction and a hold on them, and how to speak to it.
import { expect } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";
import { type Answer, expectProblem, type ProblemDocument } from "./check-problem.ts";
import { openRowCounter, type RowCounts } from "./count-rows.ts";
import { type Operation, readOperations } from "./operations.ts";
import { openSender, type Sender } from "./send.ts";
import type { KnownValues } from "./valid-request.ts";

export interface Ground extends Sender {
  readonly app: TestApp;
  readonly operations: readonly Operation[];
  readonly admin: string;
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
  return {
    ...sender,
    app,
    admin,
    operations: await readOperations(app),
    known: await makeKnownValues(app, admin),
    countRows: await openRowCounter(app.db),
    forgetKeys: async () => app.db`TRUNCATE runtime.idempotency_keys`,
    stop: async () => {
      sender.close();
      await app.stop();
    },
  };
}

async function makeKnownValues(app: TestApp, token: string): Promise<KnownValues> {
  const post = async (path: string, body: unknown): Promise<string | number> => {
    const answer = await app.call("POST", `/api/v1${path}`, { token, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body.id;
  };
  const open = () => post("/accounts", { owner_id: "owner", currency: "EUR" });
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
  return {
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

/** A 400 that is about the request's fields names the one at fault, or the one that holds it. */
function findUnnamedField(
  answer: Answer,
  problem: ProblemDocument,
  path: readonly string[],
): string | undefined {
  if (answer.status !== 400 || problem.code === "invalid_json") return undefined;
  const named = problem.errors?.map((error) => error.field) ?? [];
  const [holder, field] = [path.at(-2) ?? "", path.at(-1) ?? ""];
  if (named.some((name) => name.includes(field) || (holder !== "" && name.endsWith(holder))))
    return undefined;
  return `400 ${problem.code} names ${JSON.stringify(named)} instead of ${path.join(".")}: ${problem.detail.slice(0, 200)}`;
}
