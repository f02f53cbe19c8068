// Routes of carts: opening, reading, their lines, merging. A guest shows the cart's token in the header Cart-Token.

import type { FastifyReply, FastifyRequest } from "fastify";
import { answerCommand, type HttpServer, readCommand, runCommand } from "../../http/index.ts";
import { readVersions } from "../../http/version.ts";
import type { Tx } from "../../runtime/transaction.ts";
import { readCurrency } from "../ledger/index.ts";
import type { OrderServices } from "../orders/index.ts";
import { readCouponCode } from "../orders/index.ts";
import type { FullCart } from "./cart.ts";
import { checkGuestsKey, readCartCaller, readProvenCart } from "./cart-caller.ts";
import { makeCartToken } from "./cart-token.ts";
import {
  acceptTodaysPrices,
  addWanted,
  type CartAccess,
  type CartEdit,
  changeCart,
  changeCartCoupon,
  replaceByWanted,
  setWanted,
  takeOut,
} from "./change-cart.ts";
import { type CartReader, type CartServices, getCart, presentCart } from "./get-cart.ts";
import { mergeCarts } from "./merge-carts.ts";
import { openCart } from "./open-cart.ts";
import {
  CartAnswer,
  CartHeaders,
  CartInput,
  CartParams,
  CouponChoice,
  LineInput,
  LineParams,
  LinesInput,
  MergedCartAnswer,
  MergeInput,
  NewCartAnswer,
  QuantityInput,
} from "./schemas.ts";

const tags = ["Carts"];
const security: Record<string, string[]>[] = [{}, { bearer: [] }];
/** Of every route that guests may use. */
export const FOR_GUESTS = { config: { guests: true }, schema: { tags, security, headers: CartHeaders } };

export function addCartRoutes(server: HttpServer, services: OrderServices): void {
  addOpening(server, services);
  addReading(server, services);
  addFilling(server, services);
  addLineChanges(server, services);
  addPriceAcceptance(server, services);
  addCouponChanges(server, services);
  addMerging(server, services);
}

function addOpening(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts",
    {
      config: FOR_GUESTS.config,
      schema: {
        tags,
        security,
        operationId: "openCart",
        summary: "Open a cart; guests need no token",
        description:
          "A guest gets a new cart and its cart_token, to be sent as Cart-Token from then on. A user gets the one open " +
          "cart that they have, or a new one. A guest's Idempotency-Key must be random, such as a UUID: whoever " +
          "sends it gets the cart.",
        body: CartInput,
        response: { 200: CartAnswer, 201: NewCartAnswer },
      },
    },
    async (request, reply) => {
      const { assets, settings } = services;
      const currency = readCurrency(assets, request.body.currency ?? settings.defaultCurrency).code;
      const isGuest = request.actor.kind === "guest";
      if (isGuest) checkGuestsKey(request.headers["idempotency-key"]);
      const { body, replayed } = await runCommand(
        services.db,
        readCommand(request, "cart.open"),
        async (tx) => {
          const expiryDays = settings.cartExpiryDays;
          const { cart, isNew } = await openCart(tx, request.actor, { currency, expiryDays });
          return {
            cart: await presentCart(tx.sql, { ...services, actor: request.actor }, cart),
            isNew,
            id: String(cart.id),
          };
        },
      );
      const { cart, isNew } = JSON.parse(body);
      if (replayed) reply.header("idempotency-replayed", "true");
      const token = isGuest ? { cart_token: makeCartToken(services.vault, Number(cart.id)) } : {};
      return reply
        .code(isNew ? 201 : 200)
        .headers({ etag: `"${cart.version}"`, "cache-control": "no-store" })
        .send({ ...cart, ...token });
    },
  );
}

function addReading(server: HttpServer, services: OrderServices): void {
  server.get(
    "/carts/:id",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "getCart",
        summary: "A cart at the prices of now",
        description: "The ETag is the cart's version, for If-Match.",
        params: CartParams,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const { cartId, reader } = readCartCaller(services, request);
      const cart = await getCart(services.db, reader, cartId);
      return reply
        .header("etag", `"${cart.version}"`)
        .send(await presentCart(services.db, { ...services, ...reader }, cart));
    },
  );
}

function addFilling(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts/:id/lines",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "addCartLine",
        summary: "Put a product into the cart; what is there already gets more",
        params: CartParams,
        body: LineInput,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const { product_id: productId, quantity } = request.body;
      return edit(services, { request, reply, event: "cart.add_line" }, addWanted({ productId, quantity }));
    },
  );

  server.put(
    "/carts/:id/lines",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "replaceCartLines",
        summary: "Put these lines in the place of all",
        description: "Send If-Match with the version read: without it, what others put in meanwhile is gone.",
        params: CartParams,
        body: LinesInput,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const wanted = request.body.lines.map(({ product_id: productId, quantity }) => ({
        productId,
        quantity,
      }));
      return edit(services, { request, reply, event: "cart.replace_lines" }, replaceByWanted(wanted));
    },
  );
}

function addLineChanges(server: HttpServer, services: OrderServices): void {
  server.patch(
    "/carts/:id/lines/:product_id",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "changeCartLine",
        summary: "Set the quantity of a line",
        params: LineParams,
        body: QuantityInput,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const { product_id: productId } = request.params;
      const { quantity } = request.body;
      return edit(
        services,
        { request, reply, event: "cart.change_line" },
        setWanted({ productId, quantity }),
      );
    },
  );

  server.delete(
    "/carts/:id/lines/:product_id",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "removeCartLine",
        summary: "Take a line out",
        params: LineParams,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const { product_id: productId } = request.params;
      return edit(services, { request, reply, event: "cart.remove_line" }, takeOut(productId));
    },
  );
}

function addPriceAcceptance(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts/:id/prices",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "acceptCartPrices",
        summary: "Accept the prices, taxes and discount of now",
        description: "With If-Match only those of the version that was shown.",
        params: CartParams,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) =>
      edit(services, { request, reply, event: "cart.accept_prices" }, acceptTodaysPrices()),
  );
}

function addCouponChanges(server: HttpServer, services: OrderServices): void {
  server.put(
    "/carts/:id/coupon",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "setCartCoupon",
        summary: "Name the coupon that the order is to use",
        description:
          "`discount` says what it takes off now. It is judged anew at checkout, and used only then.",
        params: CartParams,
        body: CouponChoice,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => {
      const couponCode = readCouponCode(request.body.coupon_code);
      return changeCoupon(services, { request, reply, event: "cart.set_coupon" }, couponCode);
    },
  );

  server.delete(
    "/carts/:id/coupon",
    {
      ...FOR_GUESTS,
      schema: {
        ...FOR_GUESTS.schema,
        operationId: "removeCartCoupon",
        summary: "Order without a coupon",
        params: CartParams,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) => changeCoupon(services, { request, reply, event: "cart.remove_coupon" }, null),
  );
}

function addMerging(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts/merge",
    {
      schema: {
        tags,
        operationId: "mergeCart",
        summary: "Put a guest's cart into one's own, after signing in",
        description:
          "No line is lost: quantities of one product add up. A line holds no more than a million; what was cut " +
          "is told in `capped`. The guest's cart is closed.",
        body: MergeInput,
        response: { 200: MergedCartAnswer },
      },
    },
    async (request, reply) => {
      const cartId = readProvenCart(services, request.body);
      const reader = { actor: request.actor, provenId: cartId };
      const route = { db: services.db, event: "cart.merge", isVersioned: true };
      return answerCommand([request, reply], route, async (tx) => {
        const merged = await mergeCarts(tx, { ...services, ...reader }, cartId);
        const capped = merged.capped.map(({ productId, ...line }) => ({ product_id: productId, ...line }));
        return { ...(await presentCart(tx.sql, { ...services, ...reader }, merged)), capped };
      });
    },
  );
}

interface ChangeRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Of the audit trail. */
  readonly event: string;
}

function edit(services: OrderServices, request: ChangeRequest, what: CartEdit): Promise<FastifyReply> {
  return runChange(services, request, (tx, reader, access) =>
    changeCart(tx, reader, { ...access, edit: what }),
  );
}

function changeCoupon(
  services: OrderServices,
  request: ChangeRequest,
  couponCode: string | null,
): Promise<FastifyReply> {
  return runChange(services, request, (tx, reader, access) =>
    changeCartCoupon(tx, reader, { ...access, couponCode }),
  );
}

async function runChange(
  services: OrderServices,
  { request, reply, event }: ChangeRequest,
  work: (tx: Tx, reader: CartServices & CartReader, access: CartAccess) => Promise<FullCart>,
): Promise<FastifyReply> {
  const { cartId, reader } = readCartCaller(services, request);
  const versions = readVersions(request.headers["if-match"]);
  return answerCommand([request, reply], { db: services.db, event, isVersioned: true }, async (tx) => {
    const cart = await work(tx, { ...services, ...reader }, { cartId, versions });
    return presentCart(tx.sql, { ...services, ...reader }, cart);
  });
}
