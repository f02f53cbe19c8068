import { describe, expect, it } from "vitest";
import { formatLogLine } from "./format-log.ts";

const at = new Date(2026, 10, 21, 9, 5, 7).toISOString();
const write = (fields: object) =>
  formatLogLine(
    JSON.stringify({ "log.level": "info", "@timestamp": at, "process.pid": 1, ...fields }),
    false,
  );

describe("a line of the log at a terminal", () => {
  it("F6-32 says when, how bad, what, and what else", () => {
    expect(write({ message: "brought the database up to date", migrations: 14, dir: "/x" })).toBe(
      "09:05:07 INFO  brought the database up to date migrations=14 dir=/x\n",
    );
  });

  it("F6-32 tells a request in one line, a refused one with its code and id", () => {
    const request = {
      "http.request.id": "abc",
      "http.request.method": "POST",
      "url.path": "/api/v1/orders",
      "http.response.status_code": 201,
      "event.duration": 12_400_000,
      "user.id": "ada",
      "client.ip": "127.0.0.1",
      message: "request",
    };
    expect(write(request)).toBe("09:05:07 INFO  POST /api/v1/orders 201 12 ms ada\n");
    const refused = { ...request, "http.response.status_code": 422, "error.code": "insufficient_funds" };
    expect(write(refused)).toBe(
      "09:05:07 INFO  POST /api/v1/orders 422 insufficient_funds 12 ms ada (abc)\n",
    );
  });

  it("F6-32 tells an error with its code, a grave one with where it came from", () => {
    const err = {
      "error.message": "connect ECONNREFUSED 127.0.0.1:1",
      "error.code": "ECONNREFUSED",
      "error.stack_trace": "Error: connect\n    at connect (net.js:1:2)",
    };
    const line = "events wait: connect ECONNREFUSED 127.0.0.1:1 (ECONNREFUSED)\n";
    expect(write({ "log.level": "warn", message: "events wait", err })).toBe(`09:05:07 WARN  ${line}`);
    expect(write({ "log.level": "error", message: "events wait", err })).toBe(
      `09:05:07 ERROR ${line}    at connect (net.js:1:2)\n`,
    );
  });

  it("F6-32 lets nothing that comes from outside steer the terminal or begin another line", () => {
    const line = write({
      message: "a\u001b[31mred\u001b[0m\nb",
      subject: "x\u0007y\u202ez\r\n",
      err: { "error.message": "\u001b]0;title\u0007" },
      "log.level": "error",
    });
    expect(line.trimEnd()).not.toMatch(/[\p{C}\u2028\u2029]/u);
    expect(line).toContain("a\\u{1b}[31mred");
  });
});
