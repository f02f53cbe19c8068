// Routes of carts: opening, reading, their lines, merging. A guest shows the cart's token in the header Cart-Token.

import type { Static, TSchema } from "typebox";
import { addCommandRoute, addRoute, type HttpServer, readCommand, runCommand } from "../../http/index.ts";
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
/** For every route that guests may use. */
export const FOR_GUESTS = { config: { guests: true }, tags, security, headers: CartHeaders };

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
  addRoute(server, {
    url: "/carts/:id",
    ...FOR_GUESTS,
    operationId: "getCart",
    summary: "A cart at the prices of now",
    description: "The ETag is the cart's version, for If-Match.",
    params: CartParams,
    answer: CartAnswer,
    isVersioned: true,
    run: async (request) => {
      const { cartId, reader } = readCartCaller(services, request);
      const cart = await getCart(services.db, reader, cartId);
      return presentCart(services.db, { ...services, ...reader }, cart);
    },
  });
}

function addFilling(server: HttpServer, services: OrderServices): void {
  addCartChange(server, services, {
    method: "POST",
    url: "/carts/:id/lines",
    operationId: "addCartLine",
    summary: "Put a product into the cart; what is there already gets more",
    params: CartParams,
    body: LineInput,
    event: "cart.add_line",
    read: ({ body }) => edit(addWanted({ productId: body.product_id, quantity: body.quantity })),
  });

  addCartChange(server, services, {
    method: "PUT",
    url: "/carts/:id/lines",
    operationId: "replaceCartLines",
    summary: "Put these lines in the place of all",
    description: "Send If-Match with the version read: without it, what others put in meanwhile is gone.",
    params: CartParams,
    body: LinesInput,
    event: "cart.replace_lines",
    read: ({ body }) =>
      edit(
        replaceByWanted(body.lines.map(({ product_id, ...line }) => ({ productId: product_id, ...line }))),
      ),
  });
}

function addLineChanges(server: HttpServer, services: OrderServices): void {
  addCartChange(server, services, {
    method: "PATCH",
    url: "/carts/:id/lines/:product_id",
    operationId: "changeCartLine",
    summary: "Set the quantity of a line",
    params: LineParams,
    body: QuantityInput,
    event: "cart.change_line",
    read: ({ params, body }) => edit(setWanted({ productId: params.product_id, quantity: body.quantity })),
  });

  addCartChange(server, services, {
    method: "DELETE",
    url: "/carts/:id/lines/:product_id",
    operationId: "removeCartLine",
    summary: "Take a line out",
    params: LineParams,
    event: "cart.remove_line",
    read: ({ params }) => edit(takeOut(params.product_id)),
  });
}

function addPriceAcceptance(server: HttpServer, services: OrderServices): void {
  addCartChange(server, services, {
    method: "POST",
    url: "/carts/:id/prices",
    operationId: "acceptCartPrices",
    summary: "Accept the prices, taxes and discount of now",
    description: "With If-Match only those of the version that was shown.",
    params: CartParams,
    event: "cart.accept_prices",
    read: () => edit(acceptTodaysPrices()),
  });
}

function addCouponChanges(server: HttpServer, services: OrderServices): void {
  addCartChange(server, services, {
    method: "PUT",
    url: "/carts/:id/coupon",
    operationId: "setCartCoupon",
    summary: "Name the coupon that the order is to use",
    description: "`discount` says what it takes off now. It is judged anew at checkout, and used only then.",
    params: CartParams,
    body: CouponChoice,
    event: "cart.set_coupon",
    read: ({ body }) => changeCoupon(readCouponCode(body.coupon_code)),
  });

  addCartChange(server, services, {
    method: "DELETE",
    url: "/carts/:id/coupon",
    operationId: "removeCartCoupon",
    summary: "Order without a coupon",
    params: CartParams,
    event: "cart.remove_coupon",
    read: () => changeCoupon(null),
  });
}

function addMerging(server: HttpServer, services: OrderServices): void {
  addCommandRoute(server, services.db, {
    url: "/carts/merge",
    tags,
    operationId: "mergeCart",
    summary: "Put a guest's cart into one's own, after signing in",
    description:
      "No line is lost: quantities of one product add up. A line holds no more than a million; what was cut " +
      "is told in `capped`. The guest's cart is closed.",
    body: MergeInput,
    answer: MergedCartAnswer,
    isVersioned: true,
    event: "cart.merge",
    run: ({ body, actor }) => {
      const cartId = readProvenCart(services, body);
      const reader = { ...services, actor, provenId: cartId };
      return async (tx) => {
        const merged = await mergeCarts(tx, reader, cartId);
        const capped = merged.capped.map(({ productId, ...line }) => ({ product_id: productId, ...line }));
        return { ...(await presentCart(tx.sql, reader, merged)), capped };
      };
    },
  });
}

/** What a request asks of the cart in its path. */
type CartChange = (tx: Tx, reader: CartServices & CartReader, access: CartAccess) => Promise<FullCart>;

interface CartChangeRoute<P extends TSchema, B extends TSchema> {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly params: P;
  readonly body?: B;
  /** For the audit trail. */
  readonly event: string;
  readonly read: (request: { readonly params: Static<P>; readonly body: Static<B> }) => CartChange;
}

/** Answers the changed cart. */
function addCartChange<P extends TSchema, B extends TSchema>(
  server: HttpServer,
  services: OrderServices,
  { read, ...route }: CartChangeRoute<P, B>,
): void {
  addCommandRoute(server, services.db, {
    ...FOR_GUESTS,
    ...route,
    answer: CartAnswer,
    isVersioned: true,
    run: (request) => {
      const change = read(request);
      const { cartId, reader } = readCartCaller(services, request);
      const versions = readVersions(request.headers["if-match"]);
      return async (tx) => {
        const cart = await change(tx, { ...services, ...reader }, { cartId, versions });
        return presentCart(tx.sql, { ...services, ...reader }, cart);
      };
    },
  });
}

function edit(what: CartEdit): CartChange {
  return (tx, reader, access) => changeCart(tx, reader, { ...access, edit: what });
}

function changeCoupon(couponCode: string | null): CartChange {
  return (tx, reader, access) => changeCartCoupon(tx, reader, { ...access, couponCode });
}
