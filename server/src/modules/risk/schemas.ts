// The shapes of risk's requests and answers.
import { Type } from "typebox";
import { Cursor, Limit, pageOf } from "../../http/index.ts";

const Id = Type.String({
  pattern: "^[1-9][0-9]{0,15}$",
  description: "Id as a decimal string",
  examples: ["1109"],
});
const IdText = Type.String({ maxLength: 40, description: "Id as a decimal string", examples: ["1109"] });
const Rule = Type.Enum(["large_amount", "many_in_short_time"]);

export const FlagQuery = Type.Object(
  {
    account_id: Type.Optional(IdText),
    transaction_id: Type.Optional(IdText),
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
    flagged_at: Type.String({ format: "date-time" }),
  },
  { title: "RiskFlag" },
);
export type FlagDocument = Type.Static<typeof Flag>;
export const FlagPage = pageOf(Flag, "RiskFlagPage");
