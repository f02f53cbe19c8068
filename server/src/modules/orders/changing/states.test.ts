import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ORDER_STATES, type OrderFacts, type Party, refuseTransition, TRANSITIONS } from "./states.ts";

const WHO: Readonly<Record<Party, string>> = {
  customer: "the customer",
  staff: "staff",
  system: "the program",
};

it("docs/orders.md shows the table of states as it is", () => {
  const document = readFileSync(new URL("../../../../../docs/orders.md", import.meta.url), "utf8");
  for (const [name, { from, to, by }] of Object.entries(TRANSITIONS)) {
    const row = `| ${name} | ${from.join(", ")} | ${to} | ${by.map((party) => WHO[party]).join(", ")} |`;
    expect(document).toContain(row);
  }
  expect(document.match(/^\| [a-z]+ \| [A-Z]/gm)).toHaveLength(Object.keys(TRANSITIONS).length);
});

it("takes no step that the table does not have, whoever asks", () => {
  const rest = { fulfilment: "unfulfilled", review: "none", isCovered: true, isPaid: true } as const;
  const facts = { ...rest, isInFlight: false, isGivenBack: true };
  for (const state of Object.keys(ORDER_STATES) as (keyof typeof ORDER_STATES)[])
    for (const party of ["customer", "staff", "system"] as const)
      for (const [name, { from, by }] of Object.entries(TRANSITIONS)) {
        const refused = refuseTransition(
          name as keyof typeof TRANSITIONS,
          { ...facts, state } satisfies OrderFacts,
          party,
        );
        if (!(from as readonly string[]).includes(state)) expect(refused?.code).toBe("order_state_forbids");
        else if (!(by as readonly string[]).includes(party))
          expect(refused?.code).toBe("order_change_not_allowed");
        else if (name !== "complete") expect(refused).toBeUndefined();
      }
});
