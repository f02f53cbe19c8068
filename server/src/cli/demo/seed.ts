// `countinghouse seed`: fills a running server with a believable shop, through its public API. Existing data stay
// unchanged, so it may be stopped and run again.
import type { Command } from "commander";
import { type ApiCaller, expectDone, openApiClient } from "../api-client.ts";
import { addExamples } from "../examples.ts";
import { showProgress } from "../progress.ts";
import { readSeedCategories, SEED_ADDRESS, SEED_CUSTOMERS, type SeedProduct } from "./seed-data.ts";

const ORDER_COUNT = 60;
const DEPOSIT = "5000.00";
/** Used by the first orders. */
const COUPON = {
  code: "WELCOME-10",
  discount_type: "percent",
  value: "10",
  usage_limit: 100,
  usage_limit_per_customer: 2,
};
const COUPON_ORDER_COUNT = 3;
const PASSWORD = "Harbour-Street-12";

interface Identified {
  readonly id: string;
}

interface Customer {
  readonly userId: string;
  readonly accountId: string;
}

/** What happens to an order after it was placed, by its number. */
type Fate = "open" | "shipped" | "delivered" | "returned" | "cancelled";
const FATES: readonly Fate[] = ["delivered", "shipped", "open", "delivered", "returned", "cancelled"];

export function addSeedCommand(program: Command): void {
  const command = program
    .command("seed")
    .description("fill a running server in development with a believable shop")
    .option("--url <url>", "the server (default: the one on PORT)")
    .action(async ({ url }: { url?: string }) => {
      const client = await openApiClient(url);
      const asJson = program.opts()["json"] === true;
      const progress = showProgress("seeding", !asJson);
      try {
        const filled = await fillShop(await client.as("admin", "seed"), progress.update);
        progress.stop();
        console.log(asJson ? JSON.stringify(filled) : describeShop(filled));
      } finally {
        progress.stop();
      }
    });
  addExamples(command, [["npm run seed", "a catalog, customers with money, and orders in all states"]]);
}

interface Filled {
  readonly categories: number;
  readonly products: number;
  readonly customers: number;
  readonly orders: number;
}

async function fillShop(staff: ApiCaller, onProgress: (done: number, of: number) => void): Promise<Filled> {
  const categories = readSeedCategories();
  const catalog = categories.flatMap((top) => [top, ...top.children]);
  const all = categories.flatMap(({ children }) => children.flatMap(({ products }) => products));
  const total = catalog.length + all.length + SEED_CUSTOMERS.length + ORDER_COUNT;
  let done = 0;
  const step = () => onProgress(++done, total);
  const productIds: number[] = [];
  for (const { name, description, children } of categories) {
    const topId = await openCategory(staff, { name, description });
    step();
    for (const category of children) {
      const categoryId = await openCategory(staff, { name: category.name, parent_id: topId });
      step();
      for (const product of category.products) {
        productIds.push(await openProduct(staff, product, categoryId));
        step();
      }
    }
  }
  const customers: Customer[] = [];
  for (const customer of SEED_CUSTOMERS) {
    customers.push(await openCustomer(staff, customer));
    step();
  }
  await openCoupon(staff);
  for (let number = 1; number <= ORDER_COUNT; number += 1) {
    await openOrder(staff, { number, customers, productIds });
    step();
  }
  return {
    categories: catalog.length,
    products: all.length,
    customers: customers.length,
    orders: ORDER_COUNT,
  };
}

async function openCategory(
  staff: ApiCaller,
  category: { readonly name: string; readonly description?: string; readonly parent_id?: number },
): Promise<number> {
  const slug = category.name.toLowerCase().replaceAll(" ", "-");
  const found = await expectDone(staff<{ items: { id: number }[] }>("GET", `/categories?slug=${slug}`));
  const [first] = found.items;
  if (first !== undefined) return first.id;
  const made = await expectDone(
    staff<{ id: number }>("POST", "/categories", { body: { ...category, slug } }),
  );
  return made.id;
}

async function openProduct(staff: ApiCaller, product: SeedProduct, categoryId: number): Promise<number> {
  const found = await expectDone(staff<{ items: { id: number }[] }>("GET", `/products?sku=${product.sku}`));
  const [first] = found.items;
  if (first !== undefined) return first.id;
  const { quantity, ...fields } = product;
  const body = {
    ...fields,
    currency: "USD",
    category_id: categoryId,
    initial_quantity: quantity,
    low_stock_threshold: 5,
  };
  return (await expectDone(staff<{ id: number }>("POST", "/products", { body }))).id;
}

async function openCustomer(
  staff: ApiCaller,
  { username, name }: { username: string; name: string },
): Promise<Customer> {
  const users = await expectDone(staff<{ items: Identified[] }>("GET", `/admin/users?username=${username}`));
  const email = `${username}@example.com`;
  const body = { username, email, full_name: name, roles: ["customer"], password: PASSWORD };
  const user = users.items[0] ?? (await expectDone(staff<Identified>("POST", "/admin/users", { body })));
  const accounts = await expectDone(
    staff<{ items: Identified[] }>("GET", `/accounts?owner_id=${user.id}&currency=USD`),
  );
  const account =
    accounts.items[0] ??
    (await expectDone(
      staff<Identified>("POST", "/accounts", {
        body: { owner_id: user.id, currency: "USD", name },
        key: `seed-account-${user.id}`,
      }),
    ));
  const reference = "seed-deposit";
  const deposits = await expectDone(
    staff<{ items: Identified[] }>("GET", `/transactions?account_id=${account.id}&reference=${reference}`),
  );
  if (deposits.items.length === 0)
    await expectDone(
      staff("POST", "/transactions", {
        body: { type: "deposit", account_id: account.id, amount: DEPOSIT, currency: "USD", reference },
        key: `seed-deposit-${account.id}`,
      }),
    );
  return { userId: user.id, accountId: account.id };
}

async function openCoupon(staff: ApiCaller): Promise<void> {
  const { status } = await staff("GET", `/coupons/${COUPON.code}`);
  if (status === 404) await expectDone(staff("POST", "/coupons", { body: COUPON }));
}

interface Ordering {
  readonly number: number;
  readonly customers: readonly Customer[];
  readonly productIds: readonly number[];
}

/** One to three products; every fourth order is paid by card and stays open. */
async function openOrder(staff: ApiCaller, { number, customers, productIds }: Ordering): Promise<void> {
  const reference = `seed-${number}`;
  const found = await expectDone(staff<{ items: Identified[] }>("GET", `/orders?reference=${reference}`));
  if (found.items.length > 0) return;
  const customer = customers[number % customers.length];
  const isCard = number % 4 === 0;
  const items = Array.from({ length: 1 + (number % 3) }, (_, line) => ({
    product_id: productIds[(number * 7 + line * 11) % productIds.length],
    quantity: 1 + ((number + line) % 2),
  }));
  const order = await expectDone(
    staff<Identified>("POST", "/orders", {
      body: {
        items,
        customer_id: customer?.userId,
        shipping_address: SEED_ADDRESS,
        reference,
        currency: "USD",
        ...(number <= COUPON_ORDER_COUNT ? { coupon_code: COUPON.code } : {}),
        ...(isCard
          ? { payment_method: "credit_card" }
          : { payment_method: "balance", account_id: customer?.accountId }),
      },
      key: `seed-order-${number}`,
    }),
  );
  if (!isCard) await meetFate(staff, order.id, FATES[number % FATES.length] ?? "open");
}

async function meetFate(staff: ApiCaller, orderId: string, fate: Fate): Promise<void> {
  const act = (path: string, body: object) =>
    expectDone(staff("POST", `/orders/${orderId}/${path}`, { body, key: `seed-${orderId}-${path}` }));
  if (fate === "open") return;
  if (fate === "cancelled") {
    await act("cancel", { reason: "ordered by mistake" });
    return;
  }
  await act("ship", { carrier: "Parcelforce", tracking_number: `PF${orderId}` });
  if (fate === "shipped") return;
  await act("deliver", {});
  if (fate === "returned")
    await act("returns", { items: [{ line: 1, quantity: 1, restock: true }], reason: "not what I expected" });
}

function describeShop({ categories, products, customers, orders }: Filled): string {
  const [first] = SEED_CUSTOMERS;
  return [
    `The shop has ${categories} categories, ${products} products, ${customers} customers with money, and ${orders} orders.`,
    `Sign in as any of them, for example ${first?.username} with the password ${PASSWORD}.`,
  ].join("\n");
}
