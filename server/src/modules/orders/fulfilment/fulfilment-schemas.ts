// The shapes of requests about parcels, reserved goods and deliveries.
import { Type } from "typebox";
import { IdInput, SHOWN } from "../../../http/index.ts";
import { ADJUSTMENT_REASONS } from "../../inventory/index.ts";
import { LINES_MAX } from "../order.ts";
import { closed, LineNo, LocationId, Note, Quantity } from "../schemas.ts";

/** Shipping in spite of a refusal needs a reason. */
const REASONED = { anyOf: [{ properties: { ship_anyway: { const: false } } }, { required: ["note"] }] };

export const ShipInput = Type.Object(
  {
    items: Type.Optional(
      Type.Array(Type.Object({ line: LineNo, quantity: Quantity }, closed), {
        minItems: 1,
        maxItems: LINES_MAX,
      }),
    ),
    carrier: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    tracking_number: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    tracking_url: Type.Optional(
      Type.String({ pattern: "^https?://", maxLength: 500, examples: ["https://dhl.example/JD014600003"] }),
    ),
    ship_anyway: Type.Optional(
      Type.Boolean({
        description:
          "Ship what was refunded or is disputed, from the stock there is; needs a note, which the trail keeps",
      }),
    ),
    note: Type.Optional(Note),
  },
  {
    ...closed,
    [SHOWN]: REASONED,
    description: "Without items: all that is open",
    examples: [{ items: [{ line: 1, quantity: 1 }], carrier: "DHL", tracking_number: "JD014600003" }],
  },
);

export type ShipInput = Type.Static<typeof ShipInput>;

const ReservedAt = Type.Integer({
  ...LocationId,
  description: "Where they lie; may be left out where all of the line lie at one location",
});
export const WriteOffInput = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          line: LineNo,
          quantity: Quantity,
          location_id: Type.Optional(ReservedAt),
          reason: Type.Enum([...ADJUSTMENT_REASONS]),
        },
        closed,
      ),
      { minItems: 1, maxItems: LINES_MAX },
    ),
    note: Type.Optional(Note),
  },
  { ...closed, examples: [{ items: [{ line: 1, quantity: 1, reason: "damaged" }] }] },
);
export type WriteOffInput = Type.Static<typeof WriteOffInput>;

export const MoveInput = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          line: LineNo,
          quantity: Quantity,
          from_location_id: Type.Optional(ReservedAt),
          to_location_id: Type.Integer({
            ...LocationId,
            description: "Where they go, whether orders take from there or not",
          }),
        },
        closed,
      ),
      { minItems: 1, maxItems: LINES_MAX },
    ),
    note: Type.Optional(Note),
  },
  { ...closed, examples: [{ items: [{ line: 1, quantity: 1, to_location_id: 2 }] }] },
);
export type MoveInput = Type.Static<typeof MoveInput>;

export const DeliverInput = Type.Object(
  { shipment_id: Type.Optional(IdInput) },
  {
    ...closed,
    description: "Without shipment_id: all shipments",
    examples: [{}],
  },
);
