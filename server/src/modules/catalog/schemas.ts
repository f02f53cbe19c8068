// The shapes of the catalog's requests.
import { Type } from "typebox";
import { AMOUNT_PATTERN, Cursor, Limit, NOT_BLANK, SHOWN, shown } from "../../http/index.ts";
import { CURSOR_LENGTH_MAX, PRODUCT_SORTS } from "./search/product-sort.ts";

const closed = { additionalProperties: false };
const ID_MAX = 2_147_483_647; // PostgreSQL's integer
const QUANTITY_MAX = 1_000_000_000;

export const CatalogId = Type.Integer({ minimum: 1, maximum: ID_MAX, examples: [1] });
const seekable = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] };
/** For lookups: an id larger than any in use is simply not found. */
const SoughtId = Type.Integer(seekable);
export const IdParams = Type.Object({ id: SoughtId });
export const ImageParams = Type.Object({ id: SoughtId, image_id: SoughtId });
/** The answer of serving an image: bytes, for which TypeBox has no type. */
export const ImageAnswer: Readonly<Record<number, object>> = {
  200: { description: "The image", content: { "image/*": { schema: Type.String({ format: "binary" }) } } },
};
export const ImageQuery = Type.Object(
  {
    alt: Type.Optional(
      shown(
        Type.String({
          maxLength: 300,
          description: "What it shows, for who cannot see it",
          examples: ["Black headphones"],
        }),
        NOT_BLANK,
      ),
    ),
  },
  closed,
);
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Description = Type.String({ maxLength: 10_000 });
const NullableId = Type.Union([CatalogId, Type.Null()]);
const Slug = Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 100, examples: ["electronics"] });
const CategoryStatus = Type.Enum(["active", "draft"], {
  description: "A draft is seen by staff alone, with all below it: categories and products",
});

/** For routes that need no token; a token that is sent must be valid, and staff see more. */
export const FOR_VISITORS = { config: { guests: true }, security: [{}, { bearer: [] }] };

export const CategoryInput = Type.Object(
  {
    name: Name,
    description: Type.Optional(Description),
    parent_id: Type.Optional(NullableId),
    slug: Type.Optional(Slug),
    status: Type.Optional(CategoryStatus),
  },
  {
    ...closed,
    examples: [{ name: "Electronics", description: "Electronic devices and accessories" }],
  },
);
export type CategoryInput = Type.Static<typeof CategoryInput>;

export const CategoryChange = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    parent_id: Type.Optional(NullableId),
    slug: Type.Optional(Slug),
    status: Type.Optional(CategoryStatus),
  },
  { ...closed, minProperties: 1, examples: [{ parent_id: null }] },
);
export type CategoryChange = Type.Static<typeof CategoryChange>;

export const CategoryQuery = Type.Object(
  {
    parent_id: Type.Optional(SoughtId),
    below_id: Type.Optional(Type.Integer({ ...seekable, description: "This category and all below it" })),
    slug: Type.Optional(shown(Type.String({ maxLength: 100 }), NOT_BLANK)),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
export type CategoryQuery = Type.Static<typeof CategoryQuery>;

export const SKU_LENGTH_MAX = 64;
const Sku = Type.String({ minLength: 1, maxLength: SKU_LENGTH_MAX, examples: ["WH-001"] });
const Price = Type.Union(
  [
    shown(Type.String({ minLength: 1, maxLength: 32 }), { pattern: AMOUNT_PATTERN }),
    Type.Number({ minimum: 0 }),
  ],
  {
    description: "Decimal string, or a JSON number of at most 15 digits",
    examples: [299.99],
  },
);
const Currency = Type.String({
  pattern: "^[A-Z0-9][A-Z0-9_.:-]{0,63}$",
  description: "Default: DEFAULT_CURRENCY",
  examples: ["USD"],
});
const Brand = Type.String({ minLength: 1, maxLength: 100 });
const TaxClass = Type.String({
  pattern: "^[a-z][a-z0-9_]{0,31}$",
  description: "Chooses the rate of tax; default: standard",
  examples: ["standard"],
});
const Metadata = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    maxProperties: 50,
    description: "Up to 50 flat entries; numbers that JSON would round are refused: send them as strings",
  },
);
const Quantity = Type.Integer({ minimum: 0, maximum: QUANTITY_MAX });

/** The fields that may be set both when a product is added and when it is changed. */
const settable = {
  description: Type.Optional(Description),
  currency: Type.Optional(Currency),
  price_includes_tax: Type.Optional(Type.Boolean({ description: "Default: PRICES_INCLUDE_TAX" })),
  tax_class: Type.Optional(TaxClass),
  category_id: Type.Optional(NullableId),
  brand: Type.Optional(Type.Union([Brand, Type.Null()])),
  tracks_stock: Type.Optional(
    Type.Boolean({ description: "Default true; false for what never runs out, such as a download" }),
  ),
  metadata: Type.Optional(Metadata),
};

/** Units there are of what is counted. */
const COUNTED = {
  anyOf: [
    { properties: { tracks_stock: { const: true } } },
    { properties: { initial_quantity: { const: 0 }, backorder_limit: { const: 0 } } },
  ],
};

export const ProductInput = Type.Object(
  {
    sku: Sku,
    name: Name,
    price: Price,
    ...settable,
    status: Type.Optional(Type.Enum(["active", "draft"])),
    initial_quantity: Type.Optional(Quantity),
    backorder_limit: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: QUANTITY_MAX,
        description: "Units that may be sold beyond what is on hand",
      }),
    ),
    low_stock_threshold: Type.Optional(Quantity),
  },
  {
    ...closed,
    [SHOWN]: COUNTED,
    examples: [
      {
        name: "Wireless Headphones",
        description: "Over-ear, with noise cancelling",
        sku: "WH-001",
        price: 299.99,
        brand: "TechBrand",
        initial_quantity: 50,
        tracks_stock: true,
      },
    ],
  },
);
export type ProductInput = Type.Static<typeof ProductInput>;

export const ProductBatchInput = Type.Object(
  { products: Type.Array(ProductInput, { minItems: 1, maxItems: 1_000 }) },
  {
    ...closed,
    examples: [{ products: [{ name: "Wired Headphones", sku: "WH-002", price: "99.99" }] }],
  },
);

export const ProductChange = Type.Object(
  {
    sku: Type.Optional(Sku),
    name: Type.Optional(Name),
    price: Type.Optional(Price),
    ...settable,
    status: Type.Optional(Type.Enum(["active", "draft", "archived"])),
  },
  { ...closed, minProperties: 1, examples: [{ price: "279.99" }, { status: "draft" }] },
);
export type ProductChange = Type.Static<typeof ProductChange>;

const DecimalPrice = (description: string) =>
  Type.Optional(
    shown(Type.String({ minLength: 1, maxLength: 32, description }), { pattern: AMOUNT_PATTERN }),
  );
/** The filters of a search. */
const narrowing = {
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'Words, or a SKU. All words must be there; "so" is a phrase, `or` and -minus do what they say. Forgives misspellings',
      examples: ["wireless headphones"],
    }),
  ),
  sku: Type.Optional(Type.String({ minLength: 1, maxLength: SKU_LENGTH_MAX, description: "Exactly so" })),
  category_id: Type.Optional(Type.Integer({ ...seekable, description: "This category and all below it" })),
  brand: Type.Optional(
    Type.Array(Brand, { maxItems: 20, description: "May be given several times; any of them" }),
  ),
  currency: Type.Optional(Currency),
  min_price: DecimalPrice("In `currency`, by default DEFAULT_CURRENCY; other currencies are left out"),
  max_price: DecimalPrice("As min_price"),
  in_stock: Type.Optional(Type.Boolean({ description: "Only what can, or cannot, be ordered now" })),
  status: Type.Optional(
    Type.Enum(["active", "draft", "archived"], { description: "For staff; others see what is active" }),
  ),
};

export const ProductQuery = Type.Object(
  {
    ...narrowing,
    sort: Type.Optional(
      Type.Enum([...PRODUCT_SORTS], {
        description:
          "Default: relevance where words are searched, else newest. By price: one currency alone, as with min_price",
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: CURSOR_LENGTH_MAX,
        description: "next_cursor of the page before; without it the first page",
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  closed,
);
export type ProductQuery = Type.Static<typeof ProductQuery>;

export const FacetQuery = Type.Object(narrowing, closed);
export type FacetQuery = Type.Static<typeof FacetQuery>;
