// The configuration of the shop.
import { currency, language, text, timeZone } from "../forms.ts";
import type { ConfigKey } from "../key.ts";

export const SHOP_KEYS = [
  {
    name: "DEFAULT_CURRENCY",
    group: "Shop",
    type: "string",
    form: currency,
    default: "USD",
    description: "Currency of prices and orders that name none; GET /assets lists what is known.",
  },
  {
    name: "PRICES_INCLUDE_TAX",
    group: "Shop",
    type: "boolean",
    default: "false",
    description: "Whether the prices of products that do not say so include tax.",
  },
  {
    name: "SHOP_LANGUAGE",
    group: "Shop",
    type: "string",
    form: language,
    default: "en",
    description:
      "Language of the products, such as de or pt-BR: names sort by its rules, and a search knows its stems and its words that say little. The same for all processes; the first start with another one takes some time where there are many products.",
  },
  {
    name: "SHOP_TIME_ZONE",
    group: "Shop",
    type: "string",
    form: timeZone,
    default: "UTC",
    description:
      "Time zone of the shop's days, such as Europe/Berlin: of dates that requests and commands name, and of reports by day and month.",
  },
  {
    name: "COUPON_RETURN_ON_CANCEL",
    group: "Shop",
    type: "boolean",
    default: "true",
    description:
      "Whether a coupon can be used again when an order that had been confirmed is cancelled; of one that never was it always can.",
  },
  {
    name: "PRODUCT_IMAGE_LIMIT_BYTES",
    group: "Shop",
    type: "integer",
    minimum: 1_024,
    maximum: 16_777_216,
    default: "2097152",
    description: "Largest image of a product that is taken.",
  },
  {
    name: "TAX_RATE",
    group: "Shop",
    type: "string",
    form: text,
    default: "0.20",
    aliases: [{ name: "TAX_RATE_DEFAULT" }],
    description: "Rate of the tax class standard, a decimal from 0 to 1; docs/orders.md has the rounding.",
  },
  {
    name: "TAX_CLASSES",
    group: "Shop",
    type: "json",
    default: '{"zero":"0"}',
    description: 'Rates of further tax classes of products, such as {"reduced":"0.05","zero":"0"}.',
  },
  {
    name: "ORDER_UNPAID_SECONDS",
    group: "Shop",
    type: "integer",
    minimum: 60,
    maximum: 31_536_000,
    default: "3600",
    description: "For how long an order to be paid by card keeps its stock unpaid; then it expires.",
  },
  {
    name: "ORDER_INVOICE_SECONDS",
    group: "Shop",
    type: "integer",
    minimum: 60,
    maximum: 31_536_000,
    default: "1209600",
    description: "The same for an invoice, a bank transfer or cash.",
  },
  {
    name: "ORDER_REVIEW_SECONDS",
    group: "Shop",
    type: "integer",
    minimum: 60,
    maximum: 31_536_000,
    default: "259200",
    description:
      "For how long an order that the fraud check stopped keeps its stock and money while nobody decides.",
  },
  {
    name: "ORDER_GRACE_SECONDS",
    group: "Shop",
    type: "integer",
    minimum: 0,
    maximum: 31_536_000,
    default: "300",
    description:
      "How long after it was placed a confirmed order is queued for the warehouse; until then its customer can cancel it.",
  },
  {
    name: "CART_EXPIRY_DAYS",
    group: "Shop",
    type: "integer",
    minimum: 1,
    maximum: 3_650,
    default: "30",
    description: "For how many days a cart that nobody touches stays open.",
  },
] as const satisfies readonly ConfigKey[];
