// Products for the bench's catalog rows, and what visitors ask of them. Names and descriptions are put together from
// words of very different frequency, as in a real shop, so that searches match from one product to a tenth of them.
import { randomUUID } from "node:crypto";
import { mintAdminToken } from "../tokens.ts";
import type { Workbench } from "../workbench.ts";

const QUALITIES =
  "Wireless Compact Heavy Folding Vintage Modern Classic Portable Digital Solar Organic Soft Warm Quiet Fast Smart Wide Slim Red Blue Green Black White Golden Silver Wooden Steel Leather".split(
    " ",
  );
const THINGS =
  "Headphones Speaker Lamp Chair Table Kettle Shirt Jacket Shoes Backpack Bottle Clock Mirror Blanket Pillow Knife Pan Camera Tripod Keyboard Mouse Monitor Cable Charger Battery Drill Hammer Ladder Tent Bicycle Helmet Gloves Scarf Hat Watch Ring Candle Vase Basket Rug".split(
    " ",
  );
const BRANDS = 200;
const MODELS = 5_000;
const TEXT_WORDS = 20_000;
const TEXT_LENGTH = 30;
const PER_REQUEST = 1_000;

/** Adds products after the `existing` ones, as staff do. */
export async function addProducts(bench: Workbench, existing: number, count: number): Promise<void> {
  const token = await mintAdminToken(bench.serverOptions.jwtSecret);
  for (let first = existing; first < existing + count; first += PER_REQUEST) {
    const length = Math.min(PER_REQUEST, existing + count - first);
    const products = Array.from({ length }, (_, index) => describeProduct(first + index));
    const answer = await fetch(`http://127.0.0.1:${bench.server.port}/api/v1/products/batch`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify({ products }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`/products/batch answered ${answer.status}: ${text.slice(0, 500)}`);
  }
  await bench.sql`SELECT catalog.count_words()`; // a job's work, every half hour
  await bench.sql`VACUUM ANALYZE catalog.products`;
}

function describeProduct(number: number) {
  const text = Array.from({ length: TEXT_LENGTH }, () => spell(Math.floor(TEXT_WORDS ** Math.random())));
  return {
    sku: `BENCH-${number}`,
    name: `${pick(QUALITIES)} ${pick(THINGS)} ${nameModel()}`,
    description: text.join(" "),
    brand: `Brand${spell(Math.floor(Math.random() * BRANDS))}`,
    price: `${10 + (number % 990)}.99`,
    initial_quantity: 10,
  };
}

const nameModel = () => spell(Math.floor(Math.random() * MODELS));
const SYLLABLES =
  "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to va ve".split(
    " ",
  );

function spell(number: number): string {
  let word = "";
  for (let rest = number + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length];
  return word;
}

function pick<T>(from: readonly T[]): T | undefined {
  return from[Math.floor(Math.random() * from.length)];
}

/** What people type: mostly two words, some one, some with a model's name, a SKU, or a mistake. */
function makeSearches(products: number, count: number): string[] {
  const kinds = [
    () => `${pick(QUALITIES)} ${pick(THINGS)}`,
    () => `${pick(QUALITIES)} ${pick(THINGS)}`,
    () => `${pick(THINGS)}`,
    () => `${pick(THINGS)} ${nameModel()}`,
    () => nameModel(),
    () => `Brand${spell(Math.floor(Math.random() * BRANDS))} ${pick(THINGS)}`,
    () => `${pick(QUALITIES)}`,
    () => `BENCH-${Math.floor(Math.random() * products)}`,
    () => `${pick(QUALITIES)} ${misspell(pick(THINGS) ?? "")}`,
    () => spell(Math.floor(TEXT_WORDS ** Math.random())),
  ];
  return Array.from({ length: count }, (_, index) => {
    const text = kinds[index % kinds.length]?.() ?? "";
    return `/api/v1/products?limit=20&q=${encodeURIComponent(text)}`;
  });
}

/** Leaves out a letter in the middle. */
function misspell(word: string): string {
  return word.slice(0, 2) + word.slice(3);
}

/** What visitors ask: the first page of the list, searches, or single products by their primary key. */
export type Visit = "list" | "searches" | "reads";
const PATHS = 2_000;

export function makePaths(visit: Visit, products: number): string[] {
  if (visit === "list") return ["/api/v1/products?limit=20"];
  if (visit === "searches") return makeSearches(products, PATHS);
  const pickId = () => 1 + Math.floor(Math.random() * products);
  return Array.from({ length: PATHS }, () => `/api/v1/products/${pickId()}`);
}
