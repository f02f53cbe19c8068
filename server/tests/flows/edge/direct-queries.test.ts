// Queries of routes that are served past the framework are read as the framework reads them.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { expectSameAnswers } from "../../hostile/compare-ways.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";

let ground: Ground;
let framework: TestApp;
beforeAll(async () => {
  ground = await openGround();
  framework = await startTestApp({ DB_URL: ground.app.databaseUrl, HTTP_DIRECT: "false" });
});
afterAll(async () => {
  await framework?.stop();
  await ground?.stop();
});

const LISTS = ["/api/v1/products", "/api/v1/transactions", "/products"];

it("the queries of lists are answered the same", async () => {
  const customer = await ground.app.token("customer", "owner");
  const requests = LISTS.flatMap((list) =>
    QUERIES.flatMap((query) =>
      [ground.admin, customer, undefined].map((token) => ({
        what: `${list}${query}`,
        method: "GET",
        path: list + query,
        head: token === undefined ? [] : [`Authorization: Bearer ${token}`],
      })),
    ),
  );
  const statuses = await expectSameAnswers([ground.app.url, framework.url], requests);
  for (const status of [200, 400, 401]) expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
  expect([...statuses.keys()].filter((status) => status >= 500 || status === 0)).toEqual([]);
});

const QUERIES = [
  "",
  "?",
  "??",
  "?&&",
  "?limit=2",
  "?limit=2&limit=3",
  "?limit=0x2",
  "?limit=%32",
  "?limit=2#limit=9",
  "?limit=2;q=a",
  "?limit",
  "?=2",
  "?limit=2&unknown=1",
  "?limit=99999999999999999999",
  "?q=sold",
  "?q=sold+out&sort=newest",
  "?q=%73old&q=b",
  "?q=%C3%A4",
  "?q=%C3%28",
  "?q=%zz%",
  "?q=%00",
  "?q=\u00e9",
  '?q="a\'b"',
  "?q[]=a&q[x]=b",
  "?__proto__=1&constructor=2",
  "?account_id=1",
  "?account_id=01",
  "?account_id=x&type=NONE&from=yesterday",
  "?type=DEPOSIT&type=TRANSFER",
  "?cursor=none",
  `?q=${"x".repeat(3_000)}`,
  `?q=${"%41".repeat(300)}`,
];
