import { expect, it } from "vitest";
import { ownOf } from "./own-of.ts";

it("F6-22 finds what the object has, and nothing that every object has", () => {
  const kinds = { card: 1, ["__proto__"]: 2 } as const;
  expect(ownOf(kinds, "card")).toBe(1);
  expect(ownOf(kinds, "__proto__")).toBe(2);
  for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "invoice"])
    expect(ownOf(kinds, name)).toBeUndefined();
  expect(ownOf({}, "__proto__")).toBeUndefined();
});
