import { expect, test } from "vitest";
import { startTestApp } from "../app.ts";
import { shareInFile } from "../share-in-file.ts";
import { judgeAnswers } from "./documented-answers.ts";
import { listOperations, makeRequests } from "./valid-requests.ts";

const UNLIMITED = Object.fromEntries(
  ["LOGIN", "USER", "MONEY", "STAFF", "ANONYMOUS"].map((whose) => [`RATE_LIMIT_${whose}`, "0"]),
);
const app = await shareInFile(startTestApp(UNLIMITED));

/** What has the right form, and is refused for what it means, with 422: beside a fault of the form it is named too. */
const OF_MEANING = [
  /GET \/assets(\?kind=(money|security))? lists (what is|those)$/,
  /^does not exist$/, // a coupon
  /lies before from|must be before to|must be at most 3660 days before to/,
  /must be another location|must be another currency|is counted twice|is the same account/,
  /must not mix scripts in a word/,
];

/** What no schema can say: what there is in this database, and how one value stands to another. */
const BEYOND_SCHEMAS = [
  /is not a cursor of this list/,
  /must be a cursor|invalid_link/,
  /must have no more than|has more than the \d decimals/,
  /must be an object with street, postal_code, city and country/,
  /must be written in its plain form|must not begin or end with a space|nobody sees/,
  /must be an image, sent as it is/,
  /must be a bcrypt hash/,
  /common passwords|sequence|own names|password_refused/,
];

test("F6-39 what the document calls valid is not refused for its form, and never with a 500", async () => {
  const token = await app.token("admin");
  const document = (await app.call("GET", "/openapi.json")).body;
  const judge = judgeAnswers(document);
  const refused: string[] = [];
  let sent = 0;
  for (const operation of listOperations(document))
    for (const request of makeRequests(operation, { count: 12, seed: 39 })) {
      const { status, body } = await app.call(operation.method, request.path, { token, body: request.body });
      sent += 1;
      if (status === 500) refused.push(`${operation.operationId} 500 ${JSON.stringify(request)}`);
      if (status < 300 && status !== 204 && typeof body === "object")
        refused.push(...judge(operation.method.toLowerCase(), operation.path, { status, body }));
      if (status !== 400) continue;
      const reasons: { field: string; reason: string }[] = body.errors ?? [{ field: "", reason: body.code }];
      const ofForm = reasons.filter(({ reason }) => !OF_MEANING.some((meant) => meant.test(reason)));
      if (ofForm.length === 0) refused.push(`${operation.operationId} 400 for ${JSON.stringify(reasons)}`);
      for (const { field, reason } of ofForm)
        if (!BEYOND_SCHEMAS.some((allowed) => allowed.test(reason)))
          refused.push(`${operation.operationId} ${field}: ${reason} ${JSON.stringify(request)}`);
    }
  expect(sent).toBeGreaterThan(1_500);
  expect(refused).toEqual([]);
});
