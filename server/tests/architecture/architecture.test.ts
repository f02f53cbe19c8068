import { expect, it } from "vitest";
import { EXCEPTIONS } from "./exceptions.ts";
import { judge } from "./rule.ts";
import { RULES } from "./rules.ts";
import { readProject } from "./source-files.ts";

const project = readProject();

it.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
  expect(judge(rule, project, EXCEPTIONS)).toEqual([]);
});

it("names only rules that exist in the list of exceptions, and gives a reason", () => {
  const names = RULES.map((rule) => rule.name);
  for (const exception of EXCEPTIONS) {
    expect(names).toContain(exception.rule);
    expect(exception.reason.length).toBeGreaterThan(20);
  }
});
