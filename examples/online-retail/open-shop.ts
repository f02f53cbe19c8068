// The month's products with their stock, its customers and their accounts with the money that the month takes: each
// found again on every later run, by SKU, user name and owner.
import type { Api } from "./api.ts";
import { writePennies } from "./pennies.ts";
import { type Product, type Shop, type ShopDocument, totalOf } from "./read-shop.ts";
import { type Progress, runMany } from "./run-many.ts";

export interface OpenShop {
  readonly idOfProduct: ReadonlyMap<string, number>;
  /** By the customer's number; "" is who buys without one. */
  readonly buyers: ReadonlyMap<string, Buyer>;
}

export interface Buyer {
  /** Null: nobody. */
  readonly userId: string | null;
  readonly accountId: string;
}

export interface OpeningOptions {
  readonly api: Api;
  readonly progressOf: (what: string) => Progress;
}

interface Identified<Id> {
  readonly id: Id;
}

const PRODUCTS_AT_ONCE = 500;

export async function openShop(shop: Shop, options: OpeningOptions): Promise<OpenShop> {
  const idOfProduct = await openProducts(shop, options);
  const buyers = await openBuyers(shop, options);
  return { idOfProduct, buyers };
}

async function openProducts(
  shop: Shop,
  { api, progressOf }: OpeningOptions,
): Promise<ReadonlyMap<string, number>> {
  const find = async ({ sku }: Product) => [sku, await findProduct(api, sku)] as const;
  const found = await runMany(shop.products, find, progressOf("products"));
  const ids = new Map(found.flatMap(([sku, id]) => (id === undefined ? [] : [[sku, id]])));
  const missing = shop.products.filter(({ sku }) => !ids.has(sku));
  const add = (batch: readonly Product[]) => addProducts(api, batch);
  const added = await runMany(cut(missing, PRODUCTS_AT_ONCE), add, progressOf("new products"));
  for (const { id, sku } of added.flat()) ids.set(sku, id);
  const month = `${shop.orders.at(0)?.number}-${shop.orders.at(-1)?.number}`;
  const deliver = (batch: readonly Product[]) => receive(api, { batch, ids, month });
  await runMany(cut(shop.products, PRODUCTS_AT_ONCE), deliver, progressOf("deliveries"));
  return ids;
}

async function addProducts(api: Api, batch: readonly Product[]): Promise<{ id: number; sku: string }[]> {
  const products = batch.map(({ sku, name, pennies }) => ({
    sku,
    name: name || sku,
    price: writePennies(pennies),
    currency: "GBP",
    price_includes_tax: true,
    tax_class: "zero",
  }));
  const key = `online-retail-products-${batch.length}-${batch[0]?.sku}`;
  const added = await api.post<{ products: { id: number; sku: string }[] }>("/products/batch", key, {
    products,
  });
  return added.products;
}

async function findProduct(api: Api, sku: string): Promise<number | undefined> {
  const [product] = await api.list<Identified<number>>("/products", { sku });
  return product?.id;
}

/** What the month takes of these products, delivered once: a delivery is found again by its reference. */
async function receive(
  api: Api,
  { batch, ids, month }: { batch: readonly Product[]; ids: ReadonlyMap<string, number>; month: string },
): Promise<void> {
  const items = batch
    .filter(({ taken }) => taken > 0)
    .map(({ sku, taken }) => ({ product_id: ids.get(sku) ?? 0, quantity: taken }));
  const [first] = items;
  if (first === undefined) return;
  const reference = `delivery-${month}-${batch.at(0)?.sku}`;
  const movements = await api.list<{ reference: string | null }>(`/stock/${first.product_id}/movements`, {
    limit: "1000",
  });
  if (movements.some((movement) => movement.reference === reference)) return;
  await api.post("/stock/receipts", `online-retail-${reference}`, { items, reference });
}

async function openBuyers(
  shop: Shop,
  { api, progressOf }: OpeningOptions,
): Promise<ReadonlyMap<string, Buyer>> {
  const ordersOf = Map.groupBy(shop.orders, ({ customer }) => customer);
  const open = async (customer: string) =>
    [customer, await openBuyer(api, customer, ordersOf.get(customer) ?? [])] as const;
  return new Map(await runMany(["", ...shop.customers], open, progressOf("customers")));
}

async function openBuyer(api: Api, customer: string, orders: readonly ShopDocument[]): Promise<Buyer> {
  const userId = customer === "" ? null : await openUser(api, customer);
  const owner_id = userId ?? "walk-in-customers";
  const name = userId === null ? "Customers without a number" : `Customer ${customer}`;
  const [found] = await api.list<Identified<string>>("/accounts", {
    owner_id,
    currency: "GBP",
    state: "open",
  });
  const account =
    found ??
    (await api.post<Identified<string>>("/accounts", `online-retail-account-${owner_id}`, {
      owner_id,
      external_owner: userId === null,
      currency: "GBP",
      name,
    }));
  await deposit(api, account.id, orders);
  return { userId, accountId: account.id };
}

/** A user without a password: the customer sets one by the link that "forgotten password" sends. */
async function openUser(api: Api, customer: string): Promise<string> {
  const username = `customer-${customer}`;
  const [found] = await api.list<Identified<string>>("/admin/users", { username });
  if (found !== undefined) return found.id;
  const body = { username, email: `${username}@example.com`, roles: ["customer"] };
  return (await api.post<Identified<string>>("/admin/users", `online-retail-${username}`, body)).id;
}

/** What the customer is going to pay, named after the first and last of the orders: another month is another deposit. */
async function deposit(api: Api, accountId: string, orders: readonly ShopDocument[]): Promise<void> {
  const pennies = orders.reduce((sum, order) => sum + totalOf(order), 0n);
  if (pennies === 0n) return;
  const reference = `deposit-${orders.at(0)?.number}-${orders.at(-1)?.number}`;
  const query = { account_id: accountId, reference, status: "COMPLETED" };
  if ((await api.list("/transactions", query)).length > 0) return;
  await api.post("/transactions", `online-retail-${accountId}-${reference}`, {
    type: "deposit",
    account_id: accountId,
    amount: writePennies(pennies),
    currency: "GBP",
    reference,
  });
}

function cut<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
