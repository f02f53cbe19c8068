// The data of `countinghouse seed`: outdoor and kitchen goods, always the same. The products are in seed-products.csv.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";

export interface SeedCategory {
  readonly name: string;
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly products: readonly SeedProduct[] }[];
}

export interface SeedProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  readonly price: string;
  readonly quantity: number;
}

/** The categories with their subcategories. */
const CATEGORIES = [
  {
    name: "Outdoor",
    description: "For days out and nights under canvas",
    children: ["Tents", "Sleeping bags", "Stoves"],
  },
  {
    name: "Kitchen",
    description: "Tools that last longer than the kitchen",
    children: ["Knives", "Pans", "Coffee"],
  },
];

export function readSeedCategories(): SeedCategory[] {
  const text = readFileSync(join(import.meta.dirname, "seed-products.csv"), "utf8");
  const rows = parse<Record<"category" | keyof SeedProduct, string>>(text, { columns: true });
  const productsOf = (name: string): SeedProduct[] =>
    rows
      .filter(({ category }) => category === name)
      .map(({ category, quantity, ...product }) => ({ ...product, quantity: Number(quantity) }));
  return CATEGORIES.map((top) => ({
    ...top,
    children: top.children.map((name) => ({ name, products: productsOf(name) })),
  }));
}

export const SEED_CUSTOMERS: readonly { readonly username: string; readonly name: string }[] = [
  ["amara.okafor", "Amara Okafor"],
  ["ben.schulte", "Ben Schulte"],
  ["chiara.russo", "Chiara Russo"],
  ["david.novak", "David Novák"],
  ["elif.demir", "Elif Demir"],
  ["finn.larsen", "Finn Larsen"],
  ["grace.lee", "Grace Lee"],
  ["hugo.martin", "Hugo Martin"],
  ["ines.pereira", "Inês Pereira"],
  ["jan.kowalski", "Jan Kowalski"],
  ["kira.petrova", "Kira Petrova"],
  ["liam.murphy", "Liam Murphy"],
].map(([username = "", name = ""]) => ({ username, name }));

export const SEED_ADDRESS = {
  street: "12 Harbour Street",
  city: "Bristol",
  postal_code: "BS1 4RW",
  country: "United Kingdom",
};
