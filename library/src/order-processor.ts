// Orders in the words of earlier programs, carried out by Countinghouse's own API. An order is placed once for each `id`,
// however often and from wherever it is sent; what it costs is what the server says, and nothing is charged where that is not
// what the caller expects.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  describeAmountProblem,
  formatAmount,
  parseAmount,
  priceLine,
  readTaxRate,
} from "../../server/src/library.ts";
import { type Api, ApiError, type ApiOptions, type ApiOutcome, openApi, type Refused } from "./api.ts";
import { readSettings } from "./settings.ts";

export interface OrderRequest {
  /** The caller's own; an order is placed once for each. */
  readonly id: string | number;
  /** A product's id or SKU. */
  readonly item_id: string | number;
  /** Of one, as the caller knows it; another price in the catalog is refused. */
  readonly price: string | number;
  readonly qty: number;
  /** What all of it comes to, with or without tax; left out, what the server says is taken. */
  readonly amount?: string | number;
}

export interface OrderResult {
  /** The order's id in Countinghouse; null where there is none. */
  readonly order_id: string | null;
  /** PENDING, CONFIRMED, QUEUED, PROCESSING, COMPLETED, CANCELLED, FAILED or EXPIRED. */
  readonly status: string;
  /** What was taken, or is held until it is shipped; a decimal. */
  readonly total_charged: string;
  readonly message: string;
}

export interface OrderProcessorOptions extends ApiOptions {
  /** Default credit_card; in development a sandbox takes cards. */
  readonly paymentMethod?: "credit_card" | "balance" | "invoice" | "bank_transfer" | "cash";
  /** What the client got from the card's provider. */
  readonly paymentToken?: string;
  /** For balance: the account that pays. */
  readonly accountId?: string;
  readonly shippingAddress?: Readonly<Record<string, string>>;
  /** How long to wait for a card's answer; default 15 seconds. */
  readonly waitMs?: number;
}

interface Product {
  readonly id: number;
  readonly price: string;
  readonly currency: string;
}

interface Line {
  readonly product_id: number | null;
  readonly quantity: number;
}

interface Order {
  readonly id: string;
  readonly status: string;
  readonly payment_status: string;
  readonly payment_method: string;
  readonly review: string;
  readonly net: string;
  readonly total: string;
  readonly metadata: { readonly order_processor_id?: string } | null;
  readonly items: readonly Line[];
  readonly payment: {
    readonly authorized: string;
    readonly captured: string;
    readonly action_url: string | null;
    readonly failure_code: string | null;
  } | null;
}

interface Preview {
  readonly subtotal: string;
  readonly net: string;
  readonly total: string;
}

interface CheckedRequest extends OrderRequest {
  readonly id: string;
  readonly product: Product;
}

const WAIT_MS = 15_000;
const POLL_MS = 200;
/** Decimals at which amounts are compared, whatever their currency has. */
const SCALE_MAX = 9;
const NOTHING = "0.00";
/** What the server says of the order, and not of who asks or how. */
const REFUSALS_OF_ACCESS = new Set([403]);

export class OrderProcessor {
  readonly #api: Api;
  readonly #options: OrderProcessorOptions;
  readonly #taxRate: number;

  /** Needs CUSTOMER_TOKEN (or COUNTINGHOUSE_TOKEN) and COUNTINGHOUSE_URL, where they are not given. @throws Error */
  constructor(options: OrderProcessorOptions = {}) {
    this.#api = openApi(options, { names: ["CUSTOMER_TOKEN", "COUNTINGHOUSE_TOKEN"] });
    this.#options = options;
    const { TAX_RATE } = readSettings(["TAX_RATE"]);
    const rate = readTaxRate(TAX_RATE);
    if (rate === undefined)
      throw new Error(`TAX_RATE_DEFAULT must be a decimal such as 0.20, not "${TAX_RATE}"`);
    this.#taxRate = rate;
  }

  /** Whether so many of it can be ordered now. @throws ApiError where the server does not say */
  async validateStock(itemId: string | number, qty: number): Promise<boolean> {
    requireQuantity(qty);
    const product = await this.#findProduct(itemId);
    if (product === undefined) return false;
    const outcome = await this.#preview(product, qty);
    if ("body" in outcome) return true;
    if (/^(insufficient_stock|product_)/.test(outcome.refused.code)) return false;
    throw refusalOf(outcome.refused);
  }

  /**
   * Price times quantity, and the tax at TAX_RATE on it, rounded half up to the currency's decimals: exact, as text. What an
   * order costs is the server's to say (its products may have other tax classes, or prices with tax).
   */
  calculateTotal(price: string | number, qty: number, decimals = 2): string {
    requireQuantity(qty);
    const unitPrice = readAmount(price, "price", decimals);
    const line = { quantity: qty, unitPrice, includesTax: false, taxRate: this.#taxRate };
    const totals = priceLine(line);
    if (totals === undefined) throw new Error("the total is larger than can be kept exactly");
    return formatAmount(totals.gross, decimals);
  }

  /**
   * Orders, once for each `id`, and waits for the card. What the server refuses comes back as FAILED, with the reason.
   * @throws Error where the request has no sense; ApiError where nobody knows what became of it: send it again
   */
  async processOrder(request: OrderRequest): Promise<OrderResult> {
    const { id, qty } = { ...request, id: requireId(request.id) };
    requireQuantity(qty);
    readAmount(request.price, "price");
    if (request.amount !== undefined) readAmount(request.amount, "amount");
    const product = await this.#findProduct(request.item_id);
    if (product === undefined) return fail(`There is no product ${request.item_id}.`);
    const wanted = { ...request, id, product };
    const before = await this.#findOrder(wanted);
    if (before !== undefined) return isSame(before, wanted) ? this.#await(before) : fail(describeReuse(id));
    return this.#place(wanted);
  }

  async #place(wanted: CheckedRequest): Promise<OrderResult> {
    const { id, product, qty } = wanted;
    const preview = await this.#preview(product, qty);
    if ("refused" in preview) return failRefused(preview.refused);
    const reason = findDisagreement(wanted, preview.body);
    if (reason !== undefined) return fail(reason);
    const key = `order-processor-${createHash("sha256").update(id).digest("hex")}`;
    const body = {
      ...this.#describe(product, qty),
      reference: id.slice(0, 140),
      metadata: { order_processor_id: id },
    };
    const placed = await this.#api<Order>("POST", "/orders", { body, key });
    if ("refused" in placed)
      return placed.refused.code === "idempotency_key_reused"
        ? fail(describeReuse(id))
        : failRefused(placed.refused);
    const order = placed.body;
    if (sameAmount(order.total, preview.body.total)) return this.#await(order);
    return this.#withdraw(order, `Its price has just changed to ${order.total}; nothing is charged.`);
  }

  #describe(product: Product, qty: number) {
    const { paymentMethod = "credit_card", paymentToken, accountId, shippingAddress } = this.#options;
    return {
      items: [{ product_id: product.id, quantity: qty }],
      currency: product.currency,
      payment_method: paymentMethod,
      ...(paymentToken === undefined ? {} : { payment_token: paymentToken }),
      ...(accountId === undefined ? {} : { account_id: accountId }),
      ...(shippingAddress === undefined ? {} : { shipping_address: shippingAddress }),
    };
  }

  #preview(product: Product, qty: number): Promise<ApiOutcome<Preview>> {
    return this.#api<Preview>("POST", "/orders/preview", { body: this.#describe(product, qty) });
  }

  /** By SKU, and where it may be one by id. */
  async #findProduct(itemId: string | number): Promise<Product | undefined> {
    if (typeof itemId !== "number") {
      const query = new URLSearchParams({ sku: itemId });
      const outcome = await this.#api<{ items: Product[] }>("GET", `/products?${query}`);
      const isNoSku = "refused" in outcome && outcome.refused.code === "invalid_request";
      const [found] = isNoSku ? [] : unlessRefused(outcome).items;
      if (found !== undefined) return found;
    }
    if (!/^[1-9]\d{0,9}$/.test(String(itemId))) return undefined;
    const outcome = await this.#api<Product>("GET", `/products/${itemId}`);
    if ("body" in outcome) return outcome.body;
    if (/not_found$/.test(outcome.refused.code)) return undefined;
    throw refusalOf(outcome.refused);
  }

  /** The server remembers keys for days, and orders for ever. */
  async #findOrder({ id }: CheckedRequest): Promise<Order | undefined> {
    const query = new URLSearchParams({ reference: id.slice(0, 140) });
    const { items } = unlessRefused(await this.#api<{ items: Order[] }>("GET", `/orders?${query}`));
    return items.find(({ metadata }) => metadata?.order_processor_id === id);
  }

  async #get(id: string): Promise<Order> {
    return unlessRefused(await this.#api<Order>("GET", `/orders/${id}`));
  }

  async #await(placed: Order): Promise<OrderResult> {
    const giveUpAt = performance.now() + (this.#options.waitMs ?? WAIT_MS);
    let order = placed;
    while (isUnderWay(order) && performance.now() < giveUpAt) {
      await sleep(POLL_MS);
      order = await this.#get(order.id);
    }
    return isDeclined(order) ? this.#withdraw(order, explain(order)) : describe(order);
  }

  /** So that nothing is held for it any more. */
  async #withdraw({ id }: Order, message: string): Promise<OrderResult> {
    const reason = message.slice(0, 140);
    await this.#api("POST", `/orders/${id}/cancel`, {
      body: { reason },
      key: `order-processor-cancel-${id}`,
    });
    return { ...describe(await this.#get(id)), message };
  }
}

function describe(order: Order): OrderResult {
  const { payment } = order;
  const captured = payment?.captured ?? NOTHING;
  const taken = readAmount(captured, "captured") === 0n ? (payment?.authorized ?? NOTHING) : captured;
  return { order_id: order.id, status: order.status, total_charged: taken, message: explain(order) };
}

function explain({ status, payment_status, payment, review, total }: Order): string {
  if (status === "FAILED" || payment_status === "failed")
    return `The payment failed${payment?.failure_code ? ` (${payment.failure_code})` : ""}.`;
  if (status === "CANCELLED" || status === "EXPIRED") return `The order is ${status.toLowerCase()}.`;
  if (review === "pending") return "The order waits for somebody to review it.";
  if (payment_status === "captured") return `Paid ${payment?.captured}.`;
  if (payment_status === "authorized") return `${payment?.authorized} is held, and taken when it is shipped.`;
  if (payment?.action_url) return `The customer has to confirm the payment at ${payment.action_url}.`;
  return status === "PENDING"
    ? `${total} is still to be paid; send the same id to ask again.`
    : "The order is placed.";
}

/** A card that has not answered yet. */
function isUnderWay(order: Order): boolean {
  const { status, payment_method, review, payment } = order;
  if (status !== "PENDING" || payment_method !== "credit_card" || isDeclined(order)) return false;
  return review !== "pending" && !payment?.action_url;
}

function isDeclined({ status, payment_status }: Order): boolean {
  return status === "PENDING" && payment_status === "failed";
}

function isSame({ items }: Order, { product, qty }: CheckedRequest): boolean {
  return items.length === 1 && items[0]?.product_id === product.id && items[0].quantity === qty;
}

/** Why nothing is ordered; undefined where the caller and the server mean the same. */
function findDisagreement(
  { product, price, qty, amount }: CheckedRequest,
  preview: Preview,
): string | undefined {
  if (!sameAmount(price, product.price))
    return `One costs ${product.price} ${product.currency}, not ${price}; nothing is charged.`;
  if (amount === undefined) return undefined;
  const { subtotal, net, total } = preview;
  if ([subtotal, net, total].some((sum) => sameAmount(sum, amount))) return undefined;
  return `${qty} come to ${net} without tax and ${total} with it, not ${amount}; nothing is charged.`;
}

function describeReuse(id: string): string {
  return `The id ${id} is that of another order; nothing is charged for this one.`;
}

function fail(message: string): OrderResult {
  return { order_id: null, status: "FAILED", total_charged: NOTHING, message };
}

function failRefused(refused: Refused): OrderResult {
  if (REFUSALS_OF_ACCESS.has(refused.status)) throw refusalOf(refused);
  return fail(refused.detail);
}

function refusalOf({ detail, ...refused }: Refused): ApiError {
  return new ApiError(detail, refused);
}

function unlessRefused<Body>(outcome: ApiOutcome<Body>): Body {
  if ("refused" in outcome) throw refusalOf(outcome.refused);
  return outcome.body;
}

function requireId(id: unknown): string {
  const text = typeof id === "number" ? String(id) : id;
  if (typeof text === "string" && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(text) && text.trim() === text) return text;
  throw new Error("id must be text of 1 to 255 characters, or a number");
}

function requireQuantity(qty: unknown): void {
  if (Number.isSafeInteger(qty) && (qty as number) > 0) return;
  throw new Error("qty must be a whole number above zero");
}

function sameAmount(one: string | number, other: string | number): boolean {
  return readAmount(one, "amount") === readAmount(other, "amount");
}

function readAmount(input: string | number, name: string, scale = SCALE_MAX): bigint {
  const minor = parseAmount(input, scale);
  if (typeof minor === "bigint") return minor;
  throw new Error(`${name} ${describeAmountProblem(minor, scale)}`);
}
