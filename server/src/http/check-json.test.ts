import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonProblems } from "./check-json.ts";

describe("F6-25 numbers", () => {
  it.each([
    ['{"amount":99999999999999.999}', "amount"],
    ['{"amount":10.000000000000000001}', "amount"],
    ['{"metadata":{"n":9007199254740993}}', "metadata.n"],
    ['{"a":[1,{"b":[0,12345678901234567]}]}', "a[1].b[1]"],
    ['{"a":-0.12345678901234567891}', "a"],
    ['{"a":1e400}', "a"],
    ["[1,99999999999999999]", "[1]"],
  ])("names what a number would not keep: %s", (text, field) => {
    expect(findJsonProblems(text)).toMatchObject([{ field }]);
  });

  it.each([
    "99999999999999.9",
    "0.30000000000000004",
    "9007199254740991",
    "100000000000000000000",
    "1e21",
    "1.50e3",
    "0.000000000000000000001",
    "-0",
    "1.000000000000000000000",
  ])("takes what it keeps exactly: %s", (number) => {
    expect(findJsonProblems(`{"n":${number}}`)).toEqual([]);
  });
});

describe("F6-26 members and text", () => {
  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['{"x":{"b":1,"c":[{"d":1,"d":1}]}}', "x.c[0].d"],
    ['{"a":"\\ud800"}', "a"],
    ['{"a":["ok","\\udc00\\ud800"]}', "a[1]"],
    ['{"\\ud83d":1}', "\ufffd"], // the answer is Unicode even so
  ])("names a member that comes twice, and text that is no Unicode: %s", (text, field) => {
    expect(findJsonProblems(text)).toMatchObject([{ field }]);
  });

  it.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\ud83d\\ude00","b":"\\\\ud800","c":"\\"a\\":1,\\"a\\":1"}',
    '{"a":"{\\"a\\":1}","":"","b":"\\\\"}',
  ])("takes what only looks like it: %s", (text) => {
    expect(findJsonProblems(text)).toEqual([]);
  });

  it("cuts the name of a place that is as long as a body: twenty of them would be an answer of many", () => {
    const [problem] = findJsonProblems(`{"${"x".repeat(100_000)}":{"n":1e999}}`);
    expect(problem?.field).toBe("x".repeat(200));
  });

  it("finds nothing in whatever JSON.stringify has written", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "grapheme" }), fc.constantFrom(undefined, 1), (value, space) => {
        expect(findJsonProblems(JSON.stringify(value, null, space))).toEqual([]);
      }),
    );
  });
});
