// The shapes of the requests and answers of the check of the whole.
import { type Static, Type } from "typebox";
import { Time } from "../../http/index.ts";

export const IntegrityQuery = Type.Object(
  {
    fresh: Type.Optional(
      Type.Boolean({ default: false, description: "true: check now, and answer when it is done" }),
    ),
  },
  { additionalProperties: false },
);

const Finding = Type.Object(
  { check: Type.String(), what: Type.String({ description: "One sentence that names it" }) },
  { additionalProperties: Type.Union([Type.String(), Type.Number()]) },
);
const differences = Type.Array(Finding, { description: "The first of each check; none: all agrees" });

/** @param kinds that are checked, lowest module first */
export function answerOf(kinds: readonly string[]) {
  return Type.Object(
    {
      clean: Type.Boolean(),
      checked_at: Time,
      duration_ms: Type.Integer(),
      transfer_count: Type.Integer({ description: "Transfers read: those since the last clean run" }),
      since: Type.Union([Type.String(), Type.Null()], {
        description: "Where that run ended; null: everything was read",
      }),
      kinds: Type.Array(Type.Object({ kind: Type.Enum([...kinds]), differences })),
    },
    { title: "Integrity" },
  );
}
export type IntegrityDocument = Static<ReturnType<typeof answerOf>>;
