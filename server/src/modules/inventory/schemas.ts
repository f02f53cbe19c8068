// The shapes of inventory's requests and answers: validation, serialization and OpenAPI from one place.
import { Type } from "typebox";
import { Cursor, Id, idOf, Limit, PastTime, pageOf, shown, Time } from "../../http/index.ts";
import { ADJUSTMENT_REASONS } from "./bookings/book-stock.ts";
import { MOVEMENT_TYPES } from "./bookings/find-movements.ts";
import { QUANTITY_MAX } from "./stock/stock.ts";

const closed = { additionalProperties: false };
const ItemsMax = 1_000;

export const ProductId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] });
export const LocationId = Type.Integer({ minimum: 1, maximum: 2_147_483_647, examples: [1] });
const Quantity = Type.Integer({ minimum: 1, maximum: QUANTITY_MAX, examples: [50] });
const Count = Type.Integer({ minimum: 0, maximum: QUANTITY_MAX });
const Units = Type.Integer({ description: "Units" });
export const Reference = Type.Optional(
  Type.String({ minLength: 1, maxLength: 140, description: "Delivery note, order or the like; searchable" }),
);
const Note = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }));
const OptionalLocation = Type.Optional(
  Type.Integer({ ...LocationId, description: "Default: 1, the main location" }),
);

const locationFields = {
  code: Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,31}$", examples: ["berlin"] }),
  name: Type.String({ minLength: 1, maxLength: 100, examples: ["Warehouse Berlin"] }),
  priority: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    description: "Orders take from the lowest first",
  }),
  sells: Type.Boolean({ description: "Orders take from here" }),
};
export const LocationInput = Type.Object(
  {
    code: locationFields.code,
    name: locationFields.name,
    priority: Type.Optional(Type.Integer({ ...locationFields.priority, default: 100 })),
    sells: Type.Optional(Type.Boolean({ ...locationFields.sells, default: true })),
  },
  { ...closed, examples: [{ code: "berlin", name: "Warehouse Berlin" }] },
);
export const LocationChange = Type.Object(
  {
    name: Type.Optional(locationFields.name),
    priority: Type.Optional(locationFields.priority),
    sells: Type.Optional(locationFields.sells),
  },
  { ...closed, minProperties: 1, examples: [{ priority: 10 }] },
);
export const Location = Type.Object(
  { id: LocationId, ...locationFields, version: Type.Integer() },
  {
    title: "Location",
    examples: [{ id: 1, code: "main", name: "Main warehouse", priority: 0, sells: true, version: 0 }],
  },
);
export const LocationList = Type.Object({ items: Type.Array(Location) }, { title: "LocationList" });
export const IdParams = Type.Object({ id: idOf("1") });

const ReceiptItem = Type.Object(
  { product_id: ProductId, quantity: Quantity, location_id: OptionalLocation },
  closed,
);
export const ReceiptInput = Type.Object(
  { items: Type.Array(ReceiptItem, { minItems: 1, maxItems: ItemsMax }), reference: Reference, note: Note },
  { ...closed, examples: [{ items: [{ product_id: 1, quantity: 50 }], reference: "delivery 4711" }] },
);

const AdjustmentItem = Type.Object(
  {
    product_id: ProductId,
    quantity: Type.Integer({
      minimum: -QUANTITY_MAX,
      maximum: QUANTITY_MAX,
      description: "Above zero: more is there; below: less",
      examples: [-2],
    }),
    reason: Type.Enum([...ADJUSTMENT_REASONS]),
    location_id: OptionalLocation,
  },
  closed,
);
export const AdjustmentInput = Type.Object(
  {
    items: Type.Array(AdjustmentItem, { minItems: 1, maxItems: ItemsMax }),
    reference: Reference,
    note: Note,
  },
  { ...closed, examples: [{ items: [{ product_id: 1, quantity: -2, reason: "damaged" }] }] },
);

const TransferItem = Type.Object({ product_id: ProductId, quantity: Quantity }, closed);
export const TransferInput = Type.Object(
  {
    from_location_id: LocationId,
    to_location_id: LocationId,
    items: Type.Array(TransferItem, { minItems: 1, maxItems: ItemsMax }),
    reference: Reference,
    note: Note,
  },
  {
    ...closed,
    examples: [{ from_location_id: 1, to_location_id: 2, items: [{ product_id: 1, quantity: 10 }] }],
  },
);

const CountItem = Type.Object(
  {
    product_id: ProductId,
    counted: Count,
    expected: Type.Optional(
      Type.Integer({
        minimum: -QUANTITY_MAX,
        maximum: QUANTITY_MAX,
        description:
          "On hand when counting began. With it, what was sold meanwhile is no difference; default: as it is when this is booked",
      }),
    ),
  },
  closed,
);
export const StocktakeInput = Type.Object(
  {
    location_id: OptionalLocation,
    items: Type.Array(CountItem, { minItems: 1, maxItems: ItemsMax }),
    reference: Reference,
    note: Note,
  },
  { ...closed, examples: [{ location_id: 1, items: [{ product_id: 1, counted: 48 }] }] },
);

const sums = { on_hand: Units, reserved: Units, available: Units };
const BookedLine = Type.Object({
  id: Type.String({
    description: "The movement, as in the product's history",
    examples: ["1795424400123456"],
  }),
  product_id: ProductId,
  location_id: LocationId,
  to_location_id: Type.Optional(LocationId),
  quantity: Type.Integer(),
  reason: Type.Union([Type.String(), Type.Null()]),
  ...sums,
});
export const BookedStock = Type.Object(
  {
    items: Type.Array(BookedLine),
    reference: Type.Union([Type.String(), Type.Null()]),
    note: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "BookedStock", description: "What was booked, with what it left at its location" },
);
export const Stocktake = Type.Object(
  {
    id: Id,
    location_id: LocationId,
    reference: Type.Union([Type.String(), Type.Null()]),
    items: Type.Array(
      Type.Object({
        product_id: ProductId,
        counted: Units,
        expected: Units,
        difference: Type.Integer(),
        movement_id: Type.Union([Id, Type.Null()], { description: "Null where nothing differed" }),
        on_hand: Units,
      }),
    ),
  },
  { title: "Stocktake" },
);

export const Stock = Type.Object(
  {
    product_id: ProductId,
    ...sums,
    sellable: Type.Integer({
      description: "What orders may take: available at the locations that sell, backorder included",
    }),
    backorder_limit: Type.Integer({ description: "Units that may be sold before they are there" }),
    low_stock_threshold: Type.Union([Type.Integer(), Type.Null()]),
    reorder_quantity: Type.Union([Type.Integer(), Type.Null()]),
    low_since: Type.Union([Time, Type.Null()], { description: "When the open alert was raised" }),
    locations: Type.Array(
      Type.Object({ location_id: LocationId, sells: Type.Boolean(), ...sums, backorder_limit: Units }),
    ),
    version: Type.Integer(),
  },
  { title: "Stock" },
);
export const StockPage = pageOf(Stock, "StockPage");
export const StockChange = Type.Object(
  {
    low_stock_threshold: Type.Optional(
      Type.Union([Count, Type.Null()], {
        description: "An alert is raised when so many units or fewer are left; null: never",
      }),
    ),
    reorder_quantity: Type.Optional(
      Type.Union([Quantity, Type.Null()], {
        description: "So many are ordered from the supplier when the alert is raised; null: none",
      }),
    ),
    backorder_limit: Type.Optional(
      Type.Integer({ ...Count, description: "Units that may be sold before they are there" }),
    ),
  },
  { ...closed, minProperties: 1, examples: [{ low_stock_threshold: 10 }, { backorder_limit: 5 }] },
);

const Movement = Type.Object({
  id: Id,
  created_at: Time,
  location_id: LocationId,
  type: Type.Enum([...MOVEMENT_TYPES]),
  quantity: Type.Integer({ description: "Below zero: it left" }),
  on_hand_after: Type.Integer({ description: "At the location" }),
  reason: Type.Union([Type.String(), Type.Null()]),
  note: Type.Union([Type.String(), Type.Null()]),
  reference: Type.Union([Type.String(), Type.Null()]),
});
export const MovementPage = pageOf(Movement, "MovementPage");
export const MovementQuery = Type.Object(
  {
    location_id: Type.Optional(Type.Integer({ ...LocationId, description: "Default: all locations" })),
    from: PastTime,
    to: PastTime,
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
const Reservation = Type.Object({
  id: Id,
  created_at: Time,
  location_id: LocationId,
  quantity: Units,
  reference: Type.Union([Type.String(), Type.Null()]),
  expires_at: Type.Union([Time, Type.Null()]),
});
export const ReservationPage = pageOf(Reservation, "ReservationPage");
export const ReservationQuery = Type.Object({ cursor: Cursor, limit: Limit }, closed);

export const StockQuery = Type.Object(
  {
    product_id: Type.Optional(
      shown(Type.String({ maxLength: 2_000, description: "One or more product ids, separated by commas" }), {
        pattern: "^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14})*$",
      }),
    ),
    low: Type.Optional(Type.Boolean({ description: "true: those with an open alert of low stock alone" })),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
export const StockParams = Type.Object({ product_id: idOf("1") });
