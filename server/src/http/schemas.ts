// Shapes that all modules' routes share: the problem document, pages of a list.
import { type TSchema, Type } from "typebox";

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

export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000, default: 50, description: "Most items of one page" }),
);
export const Cursor = Type.Optional(
  Type.String({ maxLength: 64, description: "next_cursor of the page before; without it the first page" }),
);

/** Null where there is none. */
export function nullable<Some extends TSchema>(some: Some) {
  return Type.Union([some, Type.Null()]);
}

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
