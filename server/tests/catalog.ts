// A catalog to try things on: the whole program, and the calls that most of its flows need.
import { expect } from "vitest";
import { startTestApp, type TestAnswer, type TestApp } from "./app.ts";

export interface SentRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
/** Paths below /api/v1. */
export type Caller = (method: string, path: string, request?: SentRequest) => Promise<TestAnswer>;

export interface TestCatalog {
  readonly app: TestApp;
  readonly staff: Caller;
  readonly customer: Caller;
  /** Without a token. */
  readonly visitor: Caller;
  /** Adds a product with a SKU of its own, unless `fields` say otherwise, and returns it. */
  readonly addProduct: (fields?: object) => Promise<TestAnswer["body"]>;
  readonly addCategory: (name: string, fields?: object) => Promise<TestAnswer["body"]>;
}

export async function openTestCatalog(
  overrides: Readonly<Record<string, string>> = {},
): Promise<TestCatalog> {
  const app = await startTestApp(overrides);
  const as =
    (token: string | undefined): Caller =>
    (method, path, request = {}) =>
      app.call(method, `/api/v1${path}`, token === undefined ? request : { ...request, token });
  const staff = as(await app.token("admin"));
  const made = async (path: string, body: object) => {
    const answer = await staff("POST", path, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
  let count = 0;
  return {
    app,
    staff,
    customer: as(await app.token("customer", "alice")),
    visitor: as(undefined),
    addProduct: (fields = {}) =>
      made("/products", { sku: `SKU-${++count}`, name: "Thing", price: "1.00", ...fields }),
    addCategory: (name, fields = {}) => made("/categories", { name, ...fields }),
  };
}
