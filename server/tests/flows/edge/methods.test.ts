// A known path with a method that it does not take, and the refusals that the API's document tells of.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app?.stop();
});

it("F6-39 another method on a known path is 405 and names those that it takes; an unknown path is 404", async () => {
  const wrong: readonly (readonly [method: string, path: string, allow: string])[] = [
    ["DELETE", "/api/v1/transactions", "GET, HEAD, POST"],
    ["PUT", "/api/v1/accounts/1109", "GET, HEAD, PATCH"],
    ["GET", "/api/v1/holds/1/capture", "POST"],
    ["POST", "/health", "GET, HEAD"],
    ["DELETE", "/transactions", "GET, HEAD, POST"],
  ];
  for (const [method, path, allow] of wrong) {
    const { status, body, headers } = await app.call(method, path);
    expect([status, body.code, headers.get("allow")], path).toEqual([405, "method_not_allowed", allow]);
  }
  for (const path of ["/api/v1/nothing", "/api/v1/holds/1/2/capture", "/"]) {
    const { status } = await app.call("DELETE", path);
    expect(status, path).toBe(path === "/" ? 405 : 404);
  }
});

it("F6-39 a path with nothing in a step, as one that ends in a slash, is no path", async () => {
  const token = await app.token("admin");
  const { paths } = (await app.call("GET", "/openapi.json")).body;
  for (const path of Object.keys(paths)) {
    const slashed = `${path.replaceAll(/\{\w+\}/g, "1")}/`;
    const empty = path.replaceAll(/\{\w+\}/g, "");
    const tried = [
      slashed,
      `${slashed}?limit=1`,
      slashed.replace("/api/v1", ""),
      ...(empty === path ? [] : [empty]),
    ];
    for (const each of tried)
      for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
        const { status, body } = await app.call(method, each, {
          token,
          ...(method === "POST" ? { body: {} } : {}),
        });
        expect([status, body.code], `${method} ${each}`).toEqual([404, "not_found"]);
      }
  }
});

it("F6-39 the document tells of every refusal where it happens", async () => {
  const { paths } = (await app.call("GET", "/openapi.json")).body;
  const of = (path: string, method: string) => Object.keys(paths[`/api/v1${path}`][method].responses);
  expect(of("/transactions", "post")).toEqual(
    expect.arrayContaining(["400", "401", "403", "409", "413", "415", "422", "429", "431", "503"]),
  );
  expect(of("/accounts/{id}", "get")).toEqual(expect.arrayContaining(["404", "414", "429", "431"]));
  expect(of("/accounts", "get")).not.toContain("413");
});
