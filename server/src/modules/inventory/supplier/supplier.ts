// The client of the supplier's API: what is available, orders, and where they are. docs/stock.md has the API it expects.
// An order is sent under a key that stays the same with every repetition, so that a lost answer never orders twice.
import { type Static, type TSchema, Type } from "typebox";
import { CallFailedError, type CallPolicyOptions, createCallPolicy } from "../../../runtime/call-policy.ts";
import { callJson, type JsonCall } from "./call-json.ts";

const Availability = Type.Object({
  sku: Type.String(),
  available: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  lead_time_days: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_650 })),
});
const STATUSES = ["accepted", "shipped", "delivered", "refused", "cancelled"] as const;
const PlacedOrder = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 200 }),
  reference: Type.String(),
  status: Type.Enum([...STATUSES]),
  items: Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Integer() }), { maxItems: 1_000 }),
  shipment: Type.Optional(
    Type.Object({
      carrier: Type.Optional(Type.String({ maxLength: 200 })),
      tracking_number: Type.Optional(Type.String({ maxLength: 200 })),
      expected_at: Type.Optional(Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z$" })),
    }),
  ),
});

export interface SupplierAvailability {
  readonly sku: string;
  readonly available: number;
  readonly leadTimeDays: number | undefined;
}

export type SupplierOrderStatus = (typeof STATUSES)[number];

export interface SupplierOrder {
  /** The supplier's id of the order. */
  readonly id: string;
  readonly status: SupplierOrderStatus;
  readonly carrier: string | undefined;
  readonly trackingNumber: string | undefined;
  readonly expectedAt: Date | undefined;
}

export interface SupplierRequest {
  /** The same key for every call about one order. */
  readonly key: string;
  readonly sku: string;
  readonly quantity: number;
}

export interface Supplier {
  /** @throws SupplierError */
  readonly checkAvailability: (sku: string, stopping?: AbortSignal) => Promise<SupplierAvailability>;
  /** Orders, or finds the order that an earlier call with this key placed. @throws SupplierError */
  readonly placeOrder: (request: SupplierRequest, stopping?: AbortSignal) => Promise<SupplierOrder>;
  /** The state of the order now. @throws SupplierError */
  readonly getOrder: (id: string, request: SupplierRequest, stopping?: AbortSignal) => Promise<SupplierOrder>;
}

/**
 * `refused`: the supplier refused, and would again. `unknown`: no believable answer came; the order may have
 * been placed. `not_called`: certainly nothing was done.
 */
export class SupplierError extends Error {
  readonly outcome: "refused" | "unknown" | "not_called";
  readonly status: number | undefined;
  constructor(
    message: string,
    { outcome, status, cause }: { outcome: SupplierError["outcome"]; status?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = "SupplierError";
    this.outcome = outcome;
    this.status = status;
  }
}

export interface SupplierOptions extends Partial<Omit<CallPolicyOptions, "name">> {
  /** VENDOR_API_URL */
  readonly url: string;
  /** VENDOR_API_TOKEN, a JWT. */
  readonly token: string;
  /** SUPPLY_TIMEOUT_MS */
  readonly timeoutMs: number;
}

export function createSupplier({ url, token, ...options }: SupplierOptions): Supplier {
  const base = url.replace(/\/+$/, "");
  const policy = createCallPolicy({ name: "the supplier", ...options });

  async function ask<Answer extends TSchema>(
    call: Omit<JsonCall<Answer>, "url"> & { readonly path: string },
    { check, stopping }: { check: (answer: Static<Answer>) => void; stopping: AbortSignal | undefined },
  ): Promise<Static<Answer>> {
    refuseExpired(token);
    const headers = { authorization: `Bearer ${token}`, ...call.headers };
    const outcome = await policy
      .run(async (signal) => {
        const said = await callJson({ ...call, url: `${base}${call.path}`, headers }, signal);
        if ("answer" in said) check(said.answer); // an impossible answer is a failure like any other
        return said;
      }, stopping)
      .catch((error: unknown) => {
        const outcome = error instanceof CallFailedError && !error.wasCalled ? "not_called" : "unknown";
        throw new SupplierError((error as Error).message, { outcome, cause: error });
      });
    if ("answer" in outcome) return outcome.answer;
    const { status, message } = outcome.refused;
    throw new SupplierError(`the supplier refused (${status}): ${message}`, { outcome: "refused", status });
  }

  return {
    checkAvailability: async (sku, stopping) => {
      const call = { method: "GET", path: `/products/${encodeURIComponent(sku)}/availability` } as const;
      const check = (answer: Static<typeof Availability>) => expectSame(answer.sku, sku, "sku");
      const answer = await ask({ ...call, answer: Availability }, { check, stopping });
      return { sku, available: answer.available, leadTimeDays: answer.lead_time_days };
    },
    placeOrder: async (request, stopping) => {
      const { key, sku, quantity } = request;
      const answer = await ask(
        {
          method: "POST",
          path: "/purchase-orders",
          headers: { "idempotency-key": key },
          body: { reference: key, items: [{ sku, quantity }] },
          answer: PlacedOrder,
        },
        { check: (order) => expectOrdered(order, request), stopping },
      );
      return toOrder(answer);
    },
    getOrder: async (id, request, stopping) => {
      const path = `/purchase-orders/${encodeURIComponent(id)}`;
      const check = (order: Static<typeof PlacedOrder>) => {
        expectSame(order.id, id, "id");
        expectOrdered(order, request);
      };
      return toOrder(await ask({ method: "GET", path, answer: PlacedOrder }, { check, stopping }));
    },
  };
}

function expectOrdered(order: Static<typeof PlacedOrder>, { key, sku, quantity }: SupplierRequest): void {
  expectSame(order.reference, key, "reference");
  const [item, ...others] = order.items;
  if (others.length > 0) throw new Error("its answer names more items than were ordered");
  expectSame(item?.sku, sku, "items[0].sku");
  expectSame(item?.quantity, quantity, "items[0].quantity");
}

function expectSame<T>(found: T, asked: T, field: string): void {
  if (found !== asked) throw new Error(`its answer's ${field} is not what was asked for`);
}

function toOrder({ id, status, shipment }: Static<typeof PlacedOrder>): SupplierOrder {
  const expectedAt = shipment?.expected_at === undefined ? undefined : new Date(shipment.expected_at);
  return {
    id,
    status,
    carrier: shipment?.carrier,
    trackingNumber: shipment?.tracking_number,
    expectedAt: expectedAt === undefined || Number.isNaN(expectedAt.getTime()) ? undefined : expectedAt,
  };
}

/** Fails early: the supplier would only answer 401, which says less. */
function refuseExpired(token: string): void {
  const expiresAt = readExpiry(token);
  if (expiresAt === undefined || expiresAt > Date.now()) return;
  const since = new Date(expiresAt).toISOString();
  throw new SupplierError(`VENDOR_API_TOKEN expired at ${since}; ask the supplier for a new one`, {
    outcome: "not_called",
  });
}

/** Milliseconds since the epoch; undefined where the token names no end. */
function readExpiry(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return typeof exp === "number" ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
