import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SANDBOX_TOKENS } from "./sandbox-tokens.ts";

it("has exactly the tokens that docs/payments.md tells of, in the same words", () => {
  const path = join(import.meta.dirname, "..", "..", "..", "..", "..", "..", "docs", "payments.md");
  const told = [...readFileSync(path, "utf8").matchAll(/^\| `(tok_\w+)` \| (.+) \|$/gm)];
  expect(told.map(([, name, about]) => [name, about])).toEqual(
    SANDBOX_TOKENS.map(({ name, about }) => [name, about]),
  );
});
