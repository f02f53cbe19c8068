import fc from "fast-check";
import { expect, it } from "vitest";
import { customer, STAFF } from "../../../tests/desk.ts";
import { ALICE, NO_TRACKING, shareTestOrders } from "../../../tests/orders.ts";
import { AppError } from "../../values/app-error.ts";
import { advanceOrder, reviewOrder } from "./changing/advance-order.ts";
import { cancelOrder } from "./changing/cancel-order.ts";
import { cancelUnits } from "./changing/cancel-units.ts";
import type { OrderAct } from "./changing/change-order.ts";
import { editOrder, type OrderEdit } from "./changing/edit-order.ts";
import { refundOrder } from "./credit-notes/credit-order.ts";
import { returnItems } from "./credit-notes/return-items.ts";
import { deliverOrder } from "./fulfilment/deliver-order.ts";
import { shipOrder } from "./fulfilment/ship-order.ts";
import { getOrderDetail } from "./get-order.ts";
import { createOrderDocuments } from "./order-documents.ts";

const shop = await shareTestOrders();
type ProviderReport = Parameters<typeof shop.tell>[1];

const one = [{ lineNo: 1, quantity: 1 }];
const edit = (change: OrderEdit) => editOrder(shop.services, { actor: STAFF }, change);
const sent = { name: "Alice", line1: "Way 1", city: "Graz", country: "AT" };
/** Everything that changes an order or what is told of it; many are refused, depending on what came before. */
const ACTS: Readonly<Record<string, () => OrderAct>> = {
  confirm: () => advanceOrder({ to: "CONFIRMED" }),
  process: () => advanceOrder({ to: "PROCESSING" }),
  approve: () => reviewOrder({ isAccepted: true }),
  ship: () => shipOrder(shop.services, { ...NO_TRACKING, items: one }),
  "ship the rest": () => shipOrder(shop.services, { ...NO_TRACKING, shipsAnyway: true }),
  deliver: () => deliverOrder({}),
  name: () => edit({ reference: "PO-7", metadata: '{"a":1}' }),
  address: () => edit({ addresses: { shipping: sent, billing: null } }),
  "cancel a unit": () => cancelUnits({ items: one }),
  cancel: () => cancelOrder({}),
  refund: () => refundOrder({ amountMinor: 100n, reason: "late" }),
  return: () =>
    returnItems(shop.services, {
      items: [{ lineNo: 1, quantity: 1, restock: true }],
      refund: true,
      reason: "broken",
    }),
};
const disputed = (state: "open" | "won" | "lost"): ProviderReport => ({
  type: "dispute",
  reference: "d1",
  amountMinor: 300n,
  reason: "fraud",
  state,
});
const REPORTS: Readonly<Record<string, ProviderReport>> = {
  action: { type: "action_required", actionUrl: "https://bank.example/3ds" },
  failed: { type: "authorization_failed", code: "card_declined", message: "no" },
  authorized: { type: "authorized", totalMinor: 3_600n },
  "partly captured": { type: "captured", totalMinor: 1_200n, isFinal: false },
  captured: { type: "captured", totalMinor: 3_600n, isFinal: true },
  disputed: disputed("open"),
  won: disputed("won"),
  lost: disputed("lost"),
};

async function carryOut(
  step: string,
  { id, payment }: { id: string; payment: { id: string } },
): Promise<void> {
  const [report, act] = [REPORTS[step], ACTS[step]];
  try {
    if (report !== undefined) await shop.tell(payment.id, report);
    else if (act !== undefined) await shop.act(id, act());
    else await shop.refundPayment(payment.id, "1.00");
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

it("shows an order exactly as it is, after whatever happened to it and its payment", {
  timeout: 120_000,
}, async () => {
  const productId = await shop.addProduct(1_000);
  const write = createOrderDocuments(shop.services);
  const steps = fc.constantFrom(...Object.keys(ACTS), ...Object.keys(REPORTS), "refund the payment");
  const changed = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 12 }), async (path) => {
      const placed = await shop.place([[productId, 3]]);
      let before = "";
      for (const step of ["placed", ...path]) {
        if (step !== "placed") await carryOut(step, placed);
        const { body, version } = await write(STAFF, Number(placed.id));
        const now = await getOrderDetail(shop.services, STAFF, Number(placed.id));
        expect(JSON.parse(body.toString()), step).toEqual(now);
        expect(version).toBe(now.version);
        expect(await write(ALICE, Number(placed.id))).toMatchObject({ body }); // the same bytes, from memory
        if (body.toString() !== before) changed.add(step);
        before = body.toString();
      }
    }),
    { numRuns: 15, examples: [[["captured", "ship", "deliver", "return", "refund", "disputed", "lost"]]] },
  );
  for (const step of ["name", "authorized", "captured", "ship", "deliver", "return", "refund", "disputed"])
    expect([...changed]).toContain(step);
});

it("shows an order to staff and its customer, and to nobody else that it is there", async () => {
  const { id } = await shop.place([[await shop.addProduct(5), 1]]);
  const write = createOrderDocuments(shop.services);
  for (const actor of [STAFF, ALICE, STAFF]) await write(actor, Number(id));
  const refusal = expect.objectContaining({ kind: "not_found", code: "order_not_found" });
  await expect(write(customer("mallory"), Number(id))).rejects.toEqual(refusal);
  await expect(write(STAFF, 7)).rejects.toEqual(refusal);
});
