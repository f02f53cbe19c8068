// The shapes of purchase orders.
import { Type } from "typebox";
import { Cursor, idOf, Limit, nullable, pageOf, Time } from "../../../http/index.ts";

export { BookedStock } from "../schemas.ts";

const closed = { additionalProperties: false };
const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000_000, examples: [20] });

export const PurchaseOrder = Type.Object(
  {
    id: Type.Integer(),
    product_id: Type.Integer(),
    sku: Type.String(),
    quantity: Type.Integer(),
    automatic: Type.Boolean({ description: "Ordered because stock fell to its threshold" }),
    status: Type.Enum(
      ["created", "unknown", "accepted", "shipped", "delivered", "refused", "cancelled", "received"],
      {
        description:
          "unknown: sent, and no answer came; it is asked about again. delivered is the supplier's word, received ours",
      },
    ),
    supplier_reference: nullable(Type.String()),
    carrier: nullable(Type.String()),
    tracking_number: nullable(Type.String()),
    expected_at: nullable(Time),
    received_quantity: nullable(Type.Integer()),
    last_error: nullable(Type.String()),
    created_at: Time,
  },
  { title: "PurchaseOrder" },
);
export const PurchaseOrderPage = pageOf(PurchaseOrder, "PurchaseOrderPage");

export const PurchaseOrderQuery = Type.Object({ cursor: Cursor, limit: Limit }, closed);
export const PurchaseOrderParams = Type.Object({ id: idOf("1") });

export const PurchaseOrderInput = Type.Object(
  {
    product_id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }),
    quantity: Quantity,
  },
  { ...closed, examples: [{ product_id: 1, quantity: 20 }] },
);

export const PurchaseReceiptInput = Type.Object(
  {
    quantity: Quantity,
    location_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    note: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { ...closed, examples: [{ quantity: 20 }] },
);
