// A bank to try things on: the whole program, its staff and customers, and the calls that most flows need.
import { expect } from "vitest";
import { startTestApp, type TestAnswer, type TestApp } from "../app.ts";

export interface TestBank {
  readonly app: TestApp;
  readonly admin: string;
  readonly alice: string;
  readonly bob: string;
  /** Paths below /api/v1; as an admin unless told otherwise. */
  readonly get: (path: string, token?: string) => Promise<TestAnswer>;
  readonly post: (path: string, body: unknown, token?: string) => Promise<TestAnswer>;
  readonly patch: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<TestAnswer>;
  /** Opens an account in EUR, unless `fields` say otherwise, and returns its id. */
  readonly open: (owner: string, fields?: object) => Promise<string>;
  /** Deposits EUR and returns the posted transaction. */
  readonly deposit: (account: string, amount: string, reference?: string) => Promise<TestAnswer["body"]>;
  readonly transfer: (
    sides: readonly [from: string, to: string],
    amount: string,
    token?: string,
  ) => Promise<TestAnswer>;
}

export async function openTestBank(): Promise<TestBank> {
  const app = await startTestApp();
  const [admin, alice, bob] = [
    await app.token("admin"),
    await app.token("customer", "alice"),
    await app.token("customer", "bob"),
  ];
  const call =
    (method: string) =>
    (path: string, request: { token: string; body?: unknown; headers?: Readonly<Record<string, string>> }) =>
      app.call(method, `/api/v1${path}`, request);
  const post: TestBank["post"] = (path, body, token = admin) => call("POST")(path, { token, body });
  return {
    app,
    admin,
    alice,
    bob,
    get: (path, token = admin) => call("GET")(path, { token }),
    post,
    patch: (path, body, headers = {}) => call("PATCH")(path, { token: admin, body, headers }),
    open: async (owner, fields = {}) =>
      (await made(post("/accounts", { owner_id: owner, external_owner: true, currency: "EUR", ...fields })))
        .id,
    deposit: (account, amount, reference) => {
      const deposit = { type: "deposit", account_id: account, amount, currency: "EUR" };
      return made(post("/transactions", reference === undefined ? deposit : { ...deposit, reference }));
    },
    transfer: ([from, to], amount, token = admin) => {
      const sides = { account_id: from, to_account_id: to };
      return post("/transactions", { type: "transfer", ...sides, amount, currency: "EUR" }, token);
    },
  };
}

async function made(answer: Promise<TestAnswer>): Promise<TestAnswer["body"]> {
  const { status, body } = await answer;
  expect(body).toMatchObject({ id: expect.any(String) });
  expect(status).toBe(201);
  return body;
}

/** An answer without what differs from request to request, and with `id` blotted out wherever it stands. */
export function withoutRequest({ body }: TestAnswer, id: string): unknown {
  const { request_id, ...rest } = body;
  return JSON.parse(JSON.stringify(rest).replaceAll(id, "<id>"));
}
