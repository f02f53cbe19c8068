// The shapes of risk's requests and answers.
import { Type } from "typebox";
import { Cursor, Id, idOf, Limit, pageOf, Time } from "../../http/index.ts";

const Rule = Type.Enum(["large_amount", "many_in_short_time"]);

export const FlagQuery = Type.Object(
  {
    account_id: Type.Optional(idOf("1109")),
    transaction_id: Type.Optional(idOf("1795424400123456")),
    rule: Type.Optional(Rule),
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);

const Flag = Type.Object(
  {
    id: Id,
    transaction_id: Id,
    account_id: Id,
    rule: Type.String({ examples: ["large_amount"] }),
    reason: Type.String({ examples: ["amount over 10000 EUR"] }),
    blocked: Type.Boolean({ description: "The rule refused the transaction" }),
    flagged_at: Time,
  },
  { title: "RiskFlag" },
);
export type FlagDocument = Type.Static<typeof Flag>;
export const FlagPage = pageOf(Flag, "RiskFlagPage");
