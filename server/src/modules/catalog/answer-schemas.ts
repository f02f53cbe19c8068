// The shapes of what the catalog answers. The functions that write them have these types.
import { Type } from "typebox";
import { pageOf, Time } from "../../http/index.ts";

const Version = Type.Integer({ description: "Counts the changes; the ETag carries it too" });
const NullableText = Type.Union([Type.String(), Type.Null()]);
const NullableNumber = Type.Union([Type.Integer(), Type.Null()]);

export const Category = Type.Object(
  {
    id: Type.Integer({ examples: [1] }),
    parent_id: NullableNumber,
    path: Type.Array(Type.Integer(), { description: "Ids from the root down to this category" }),
    slug: Type.String({ examples: ["electronics"] }),
    name: Type.String({ examples: ["Electronics"] }),
    description: Type.String(),
    status: Type.Enum(["active", "draft"]),
    version: Version,
    created_at: Time,
    updated_at: Time,
  },
  { title: "Category" },
);
export type CategoryDocument = Type.Static<typeof Category>;
export const CategoryWithAncestors = Type.Object(
  {
    ...Category.properties,
    ancestors: Type.Array(Type.Object({ id: Type.Integer(), slug: Type.String(), name: Type.String() }), {
      description: "Topmost first",
    }),
  },
  { title: "CategoryWithAncestors" },
);
export const CategoryPage = pageOf(Category, "CategoryPage");

export const Image = Type.Object(
  {
    id: Type.Integer(),
    url: Type.String({ description: "Where it is served, without a token" }),
    type: Type.String({ examples: ["image/jpeg"] }),
    width: Type.Integer(),
    height: Type.Integer(),
    alt: NullableText,
  },
  { title: "ProductImage" },
);

export const Product = Type.Object(
  {
    id: Type.Integer({ examples: [1] }),
    sku: Type.String({ examples: ["WH-001"] }),
    name: Type.String({ examples: ["Wireless Headphones"] }),
    description: Type.String(),
    price: Type.String({ description: "Decimal string with the currency's decimals", examples: ["299.99"] }),
    currency: Type.String({ examples: ["USD"] }),
    price_includes_tax: Type.Boolean(),
    tax_class: Type.String({ examples: ["standard"] }),
    category_id: NullableNumber,
    brand: NullableText,
    status: Type.Enum(["active", "draft", "archived"]),
    tracks_stock: Type.Boolean(),
    in_stock: Type.Boolean({ description: "Units can be ordered now; always so where no stock is kept" }),
    images: Type.Array(Image),
    metadata: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
    ),
    version: Version,
    created_at: Time,
    updated_at: Time,
  },
  { title: "Product" },
);
export type ProductDocument = Type.Static<typeof Product>;
export const ProductPage = pageOf(Product, "ProductPage");
export const ProductBatch = Type.Object({ products: Type.Array(Product) }, { title: "ProductBatch" });

const Count = Type.Integer({ description: "Products" });
export const ProductFacets = Type.Object(
  {
    total: Count,
    in_stock: Count,
    brands: Type.Array(Type.Object({ brand: Type.String(), count: Count }), {
      description: "Most frequent first, up to 50; as if no brand were chosen",
    }),
    categories: Type.Array(
      Type.Object({ id: Type.Integer(), name: Type.String(), slug: Type.String(), count: Count }),
      { description: "Those that products stand in, most frequent first, up to 100" },
    ),
    prices: Type.Array(
      Type.Object({ currency: Type.String(), min: Type.String(), max: Type.String(), count: Count }),
      { description: "As if no limits of price were set" },
    ),
  },
  { title: "ProductFacets" },
);
export type ProductFacetsDocument = Type.Static<typeof ProductFacets>;
