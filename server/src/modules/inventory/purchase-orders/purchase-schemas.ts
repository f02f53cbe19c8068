// The shapes of purchase orders.
import { Type } from "typebox";
import { Cursor, Limit, pageOf } from "../../../http/index.ts";

export { BookedStock } from "../schemas.ts";

const closed = { additionalProperties: false };
const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000_000, examples: [20] });
const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(type: T) =>
  Type.Union([type, Type.Null()]);

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
    supplier_reference: Nullable(Type.String()),
    carrier: Nullable(Type.String()),
    tracking_number: Nullable(Type.String()),
    expected_at: Nullable(Type.String({ format: "date-time" })),
    received_quantity: Nullable(Type.Integer()),
    last_error: Nullable(Type.String()),
    created_at: Type.String({ format: "date-time" }),
  },
  { title: "PurchaseOrder" },
);
export const PurchaseOrderPage = pageOf(PurchaseOrder, "PurchaseOrderPage");

export const PurchaseOrderQuery = Type.Object({ cursor: Cursor, limit: Limit }, closed);
export const PurchaseOrderParams = Type.Object({ id: Type.String({ maxLength: 20 }) });

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
