// Shapes that all modules' routes share: the problem document, ids, times, amounts, pages of a list.
import { type TSchema, Type } from "typebox";
import { READ_AS_ID, READ_DAY_AS } from "./validate.ts";

export const Problem = Type.Object(
  {
    type: Type.String({ format: "uri", description: "Names the kind of problem" }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: "Stable; docs/errors.md lists all, each with its way out" }),
    detail: Type.String({ description: "What is wrong, for people" }),
    request_id: Type.String({ description: "Finds the request in the log" }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          pointer: Type.String({ description: "The same field as RFC 9457 points to it" }),
          reason: Type.String({ description: "What is wrong, and what would be right" }),
        }),
        { description: "The fields at fault, all at once" },
      ),
    ),
  },
  { title: "Problem", description: "A refusal, as RFC 9457 has it. Some codes add fields of their own." },
);

/**
 * Adds rules to the document only, because a reader behind the schema checks them and explains what is wrong. They appear in the
 * schema in the OpenAPI document, and do not affect the validation.
 */
export const SHOWN = "x-shown";

export function shown<Some extends TSchema>(schema: Some, more: Readonly<Record<string, unknown>>): Some {
  return { ...schema, [SHOWN]: more };
}

/** Text with at least one visible character. */
export const NOT_BLANK = { pattern: "[^ ]" };

const ID_PATTERN = "^([1-9][0-9]{0,14}|[1-8][0-9]{15})$";

/** An id in an answer. */
export const Id = Type.String({
  pattern: ID_PATTERN,
  description: "Id as a decimal string",
  examples: ["1109"],
});
/** An id in a body. */
export const IdInput = Type.Union([Id, Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })]);

/** An id in a path or a query: text that the handler gets as a number (validate.ts). `example` exists in new databases. */
export function idOf(example: string, description = "Id as a decimal string") {
  return Type.Unsafe<number>({
    ...Type.String({ maxLength: 40, description, examples: [example] }),
    [READ_AS_ID]: true,
    [SHOWN]: { pattern: ID_PATTERN },
  });
}

export const Time = Type.String({ format: "date-time", examples: ["2026-11-21T09:00:00.123456Z"] });
/** The forms that text of a moment may have: a time, or a day. */
const MOMENT = { anyOf: [{ format: "date-time" }, { format: "date" }] };
/** A bound of a list in time. */
export const PastTime = Type.Optional(
  Type.String({
    maxLength: 40,
    description:
      "RFC 3339 with an offset (a + is written %2B), or a date: its first moment in SHOP_TIME_ZONE. " +
      "What begins at `to` is not included",
    examples: ["2026-11-01", "2026-11-21T09:00:00.123456Z"],
    [READ_DAY_AS]: "start",
    [SHOWN]: MOMENT,
  }),
);

/** A time in a body; a date alone means its first moment, or that all of that day is included. */
export function momentOf(day: "start" | "end") {
  const meaning = day === "start" ? "its first moment" : "that day is included, to its end";
  return Type.String({
    maxLength: 40,
    description: `RFC 3339 with an offset, or a date: ${meaning}, in SHOP_TIME_ZONE`,
    examples: ["2027-01-01T00:00:00Z", "2027-01-01"],
    [READ_DAY_AS]: day,
    [SHOWN]: MOMENT,
  });
}

export const AMOUNT_PATTERN = "^(0|[1-9][0-9]{0,15})([.][0-9]{1,2})?$";

/** An amount in an answer. */
export const Amount = Type.String({
  description: "Decimal string with the currency's decimals",
  examples: ["10.50"],
});
export const AmountInput = Type.Union(
  [
    shown(Type.String({ minLength: 1, maxLength: 32 }), { pattern: AMOUNT_PATTERN }),
    shown(Type.Number(), { minimum: 0, maximum: 999_999_999_999_999 }),
  ],
  {
    description:
      "Decimal string with no more decimals than its currency has, or a JSON number of at most 15 digits",
    examples: ["10.50"],
  },
);
export const Currency = currencyOf("EUR");

/** The code of an asset. `example` exists in new databases. */
export function currencyOf(example: string) {
  return Type.String({ pattern: "^[A-Z0-9][A-Z0-9_.:-]{0,63}$", examples: [example] });
}

export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000, default: 50, description: "Most items of one page" }),
);
export const Cursor = Type.Optional(
  shown(
    Type.String({ maxLength: 64, description: "next_cursor of the page before; without it the first page" }),
    { pattern: "^[A-Za-z0-9_-]+$" },
  ),
);

/** Null where there is none. */
export function nullable<Some extends TSchema>(some: Some) {
  return Type.Union([some, Type.Null()]);
}

/** The query of a list without filters. */
export const PageQuery = Type.Object({ cursor: Cursor, limit: Limit }, { additionalProperties: false });

/** A page of a list. `title` names it in the OpenAPI document. */
export function pageOf<Item extends TSchema>(item: Item, title: string) {
  return Type.Object(
    {
      items: Type.Array(item),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Null on the last page. A page may be short, even empty, and still have a next one",
      }),
    },
    { title },
  );
}

/** A page that tells how many items all pages have. */
export function countedPageOf<Item extends TSchema>(item: Item, title: string) {
  const total = Type.Integer({ description: "Of all pages" });
  return Type.Object({ ...pageOf(item, title).properties, total }, { title });
}
