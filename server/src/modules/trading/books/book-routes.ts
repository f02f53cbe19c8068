// The route of an instrument's book: how much rests at its best prices.
import { Type } from "typebox";
import { addRoute, type HttpServer } from "../../../http/index.ts";
import { formatAmount } from "../../../values/money.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { InstrumentParams, Price, Quantity } from "../instruments/instrument-schemas.ts";
import type { TradingServices } from "../services.ts";
import { type DepthLevel, findDepth } from "./find-depth.ts";

const LEVELS = 20;
const LEVELS_MAX = 500;

const Levels = Type.Array(Type.Object({ price: Price, quantity: Quantity, orders: Type.Integer() }));
const BookAnswer = Type.Object(
  {
    instrument_id: Type.String({ examples: ["1"] }),
    sequence: Type.Integer({ description: "Counts the changes of the book" }),
    bids: { ...Levels, description: "Best first" },
    asks: { ...Levels, description: "Best first" },
  },
  { title: "Book" },
);
const BookQuery = Type.Object(
  {
    depth: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LEVELS_MAX,
        description: `Prices of each side; default: ${LEVELS}`,
      }),
    ),
  },
  { additionalProperties: false },
);

export function addBookRoutes(server: HttpServer, { db, assets }: TradingServices): void {
  addRoute(server, {
    url: "/instruments/:id/book",
    tags: ["Trading"],
    operationId: "getBook",
    summary: "What rests in an instrument's book, by price",
    description: "Committed orders alone. Empty for an instrument that is dealt at quotes.",
    params: InstrumentParams,
    query: BookQuery,
    answer: BookAnswer,
    run: async ({ params: { id }, query: { depth = LEVELS } }) => {
      const instrument = await getInstrument(db, id);
      if (assets.byCode(instrument.asset) === undefined) await assets.refresh();
      const { security, money } = sidesOf(assets, instrument);
      const found = await findDepth(db, id, depth);
      const describe = (levels: readonly DepthLevel[]) =>
        levels.map(({ price, quantity, orders }) => ({
          price: formatPrice(price, money.scale),
          quantity: formatAmount(quantity, security.scale),
          orders,
        }));
      return {
        instrument_id: String(id),
        sequence: found.seq,
        bids: describe(found.bids),
        asks: describe(found.asks),
      };
    },
  });
}
