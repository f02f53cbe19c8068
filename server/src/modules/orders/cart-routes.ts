// Routes of carts: opening, reading, their lines, merging. A guest shows the cart's token in the header Cart-Token.
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type CommandAnswer,
  type HttpServer,
  readCommand,
  runCommand,
  sendAnswer,
} from "../../gateway/index.ts";
import type { Tx } from "../../runtime/transaction.ts";
import { readVersions } from "../../values/version.ts";
import { acceptPrices, addLines, type FullCart, removeLine, replaceLines, setLine } from "./cart.ts";
import { readCartCaller } from "./cart-caller.ts";
import { type CartChange, changeCart, findPrices, priceWanted } from "./cart-change.ts";
import { cartError } from "./cart-errors.ts";
import { mergeCarts } from "./cart-merge.ts";
import { openCart } from "./cart-open.ts";
import { getCart, presentCart } from "./cart-read.ts";
import {
  CartAnswer,
  CartHeaders,
  CartInput,
  CartParams,
  LineInput,
  LineParams,
  LinesInput,
  MergedCartAnswer,
  MergeInput,
  NewCartAnswer,
  QuantityInput,
} from "./cart-schemas.ts";
import { isCartToken, makeCartToken } from "./cart-token.ts";
import { allowEmptyBody } from "./order-routes.ts";
import { readCurrency, readId } from "./read-order-input.ts";
import type { OrderServices } from "./services.ts";

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
  addMerging(server, services);
}

function addOpening(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts",
    {
      config: FOR_GUESTS.config,
      preValidation: allowEmptyBody,
      schema: {
        tags,
        security,
        "x-keyless": true, // the answer holds a secret; a user has one open cart however often they ask
        operationId: "openCart",
        summary: "Open a cart; guests need no token",
        description:
          "A guest gets a new cart and its cart_token, to be sent as Cart-Token from then on. A user gets the one open " +
          "cart that they have, or a new one.",
        body: CartInput,
        response: { 200: CartAnswer, 201: NewCartAnswer },
      },
    },
    async (request, reply) => {
      const { assets, settings } = services;
      const currency = readCurrency(assets, request.body.currency ?? settings.defaultCurrency).code;
      let isNew = false;
      const command = { ...readCommand(request, "cart.open"), key: undefined };
      const { body } = await runCommand(services.db, command, async (tx) => {
        const opened = await openCart(tx, request.actor, { currency, expiryDays: settings.cartExpiryDays });
        isNew = opened.isNew;
        return presentCart(tx.sql, assets, opened.cart);
      });
      const cart = JSON.parse(body);
      const isGuest = request.actor.kind === "guest";
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
        .send(await presentCart(services.db, services.assets, cart));
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
    async (request, reply) =>
      change(services, { request, reply, event: "cart.add_line" }, (tx) => async (cart) => {
        const { product_id: productId, quantity } = request.body;
        return addLines(await priceWanted(tx, cart, [{ productId, quantity }]));
      }),
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
      return change(services, { request, reply, event: "cart.replace_lines" }, (tx) => async (cart) => {
        const wanted = request.body.lines.map(({ product_id, quantity }) => ({
          productId: product_id,
          quantity,
        }));
        return replaceLines(await priceWanted(tx, cart, wanted));
      });
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
      const productId = readId(request.params.product_id, "product_id");
      return change(services, { request, reply, event: "cart.change_line" }, (tx) => async (cart) => {
        if (!cart.lines.some((line) => line.productId === productId))
          throw cartError("cart_line_not_found", { product_id: productId });
        const [line] = await priceWanted(tx, cart, [{ productId, quantity: request.body.quantity }]);
        if (line === undefined) throw new Error("one line is priced");
        return setLine(line);
      });
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
      const productId = readId(request.params.product_id, "product_id");
      return change(
        services,
        { request, reply, event: "cart.remove_line" },
        () => () => removeLine(productId),
      );
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
        summary: "Accept the prices of now",
        description: "With If-Match only those of the version that was shown.",
        params: CartParams,
        response: { 200: CartAnswer },
      },
    },
    async (request, reply) =>
      change(
        services,
        { request, reply, event: "cart.accept_prices" },
        (tx) => async (cart) => acceptPrices(await findPrices(tx, cart)),
      ),
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
      const cartId = readId(request.body.cart_id, "cart_id");
      if (!isCartToken(services.vault, cartId, request.body.cart_token)) throw cartError("cart_not_found");
      const reader = { actor: request.actor, provenId: cartId };
      const answer = await runCommand(services.db, readCommand(request, "cart.merge"), async (tx) => {
        const merged = await mergeCarts(tx, { ...services, ...reader }, cartId);
        const capped = merged.capped.map(({ productId, ...line }) => ({ product_id: productId, ...line }));
        return { ...(await presentCart(tx.sql, services.assets, merged)), capped };
      });
      return sendCart(reply, answer);
    },
  );
}

interface ChangeRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Of the audit trail. */
  readonly event: string;
}

async function change(
  services: OrderServices,
  { request, reply, event }: ChangeRequest,
  make: (tx: Tx) => CartChange["change"],
): Promise<FastifyReply> {
  const { cartId, reader } = readCartCaller(services, request);
  const versions = readVersions(request.headers["if-match"]);
  const answer = await runCommand(services.db, readCommand(request, event), async (tx) => {
    const wanted = { cartId, versions, change: make(tx) };
    const cart: FullCart = await changeCart(tx, { ...services, ...reader }, wanted);
    return presentCart(tx.sql, services.assets, cart);
  });
  return sendCart(reply, answer);
}

function sendCart(reply: FastifyReply, answer: CommandAnswer): FastifyReply {
  reply.header("etag", `"${JSON.parse(answer.body).version}"`);
  return sendAnswer(reply, 200, answer);
}
