// Turns what a client sent into what the commands take: ids as numbers, amounts as minor units. The form is checked by the
// schemas before; here is what a schema cannot know, and what only staff may send.

import { type Actor, actsForAll } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { readEmailAddress } from "../../../values/email-address.ts";
import { readMetadata } from "../../../values/metadata.ts";
import { readName } from "../../../values/names.ts";
import { readAmount, readEach, readOptionalId, readText } from "../../../values/read-input.ts";
import { type Asset, readCurrency } from "../../ledger/index.ts";
import { normalizeCode, refuseUnknown } from "../../promotions/index.ts";
import { readShelf } from "../credit-notes/read-return.ts";
import type { NewCreditNote } from "../credit-notes/write-credit-note.ts";
import { orderError } from "../errors.ts";
import type { CreditNoteInput, OrderInput, OrderLineInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import { readCustomer } from "./find-customer.ts";
import type { NewOrder } from "./place-orders.ts";
import type { NewLine } from "./price-lines.ts";
import type { Address } from "./screen.ts";

/**
 * Each field is one line that says something; its `email`, where it has one, is an e-mail address.
 * @throws AppError `invalid/invalid_request` naming the fields
 */
export function readAddress(address: Address | null | undefined, field: string): Address | null {
  if (address === undefined || address === null) return null;
  readEach(Object.entries(address), ([name, value]) => readAddressField(value, `${field}.${name}`));
  const { email } = address;
  return email === undefined ? address : { ...address, email: readEmailAddress(email, `${field}.email`) };
}

function readAddressField(value: string, field: string): string {
  if (/[\r\n\u0085\u2028\u2029]/.test(value))
    throw invalidField(
      field,
      "must be one line: give each further line a field of its own, such as street_2",
    );
  if (value.trim() === "") throw invalidField(field, "must not be blank: leave out what there is none of");
  return readText(value, field);
}

/**
 * @throws AppError `invalid/…`, `forbidden/staff_only_field` naming the field
 */
export function readOrder(
  { assets, settings }: Pick<OrderServices, "assets" | "settings">,
  actor: Actor,
  input: OrderInput,
): NewOrder {
  const asset = readCurrency(assets, input.currency ?? settings.defaultCurrency);
  const isStaff = actsForAll(actor);
  if (!isStaff) refuseForOthers(input, actor);
  if (input.account_id !== undefined && input.payment_method !== "balance")
    throw invalidField("account_id", "belongs to payment_method balance");
  return {
    items: readItems(input.items, { asset, actor }),
    couponCode: input.coupon_code === undefined ? undefined : readCouponCode(input.coupon_code),
    ...(isStaff ? readCustomer(actor, input) : { customerId: actor.id }),
    asset,
    paymentMethod: input.payment_method,
    accountId: readOptionalId(input.account_id, "account_id"),
    paymentToken: readText(input.payment_token, "payment_token"),
    shippingAddress: readAddress(input.shipping_address, "shipping_address"),
    billingAddress: readAddress(input.billing_address, "billing_address"),
    reference: readName(input.reference, "reference"),
    metadata: input.metadata === undefined ? undefined : readMetadata(input.metadata),
  };
}

/** Everybody else orders for themselves. */
function refuseForOthers({ customer_id: id, ...input }: OrderInput, actor: Actor): void {
  if (id !== undefined && id !== actor.id) throw refuseField("customer_id");
  for (const field of ["customer_username", "external_customer"] as const)
    if (input[field] !== undefined) throw refuseField(field);
}

/** As it is kept. @throws AppError `refused/coupon_unknown` where no coupon can be called so */
export function readCouponCode(typed: string): string {
  const code = normalizeCode(typed);
  if (code === undefined) throw refuseUnknown(typed);
  return code;
}

/** @throws AppError `invalid/…`, `forbidden/staff_only_field` naming the field */
export function readItems(
  items: readonly OrderLineInput[],
  { asset, actor }: { asset: Asset; actor: Actor },
): NewLine[] {
  const isStaff = actsForAll(actor);
  return items.map((item, index) => {
    const path = `items[${index}].`;
    if (!isStaff) refuseStaffFields(item, path);
    if (item.product_id === undefined) checkService(item, path);
    return {
      productId: item.product_id,
      description: readName(item.description, `${path}description`),
      quantity: item.quantity,
      unitPrice: readUnitPrice(item.unit_price, asset, `${path}unit_price`),
      includesTax: item.price_includes_tax,
      taxClass: item.tax_class,
    };
  });
}

/** Zero is a gift; below zero is no sale. */
function readUnitPrice(input: string | number | undefined, asset: Asset, field: string): bigint | undefined {
  if (input === undefined) return undefined;
  if (String(input).trimStart().startsWith("-"))
    throw invalidField(
      field,
      "must not be below zero: what is given back is a credit note (POST /credit-notes), whose prices are positive too",
    );
  return readAmount(input, asset, field);
}

const STAFF_FIELDS = ["unit_price", "price_includes_tax", "tax_class", "description"] as const;

function refuseStaffFields(item: OrderLineInput, path: string): void {
  for (const field of STAFF_FIELDS) if (item[field] !== undefined) throw refuseField(`${path}${field}`);
  if (item.product_id === undefined) throw invalidField(`${path}product_id`, "is required");
}

function refuseField(field: string): Error {
  return orderError("staff_only_field", { fields: [{ field, reason: "only staff may send this" }] });
}

function checkService(item: OrderLineInput, path: string): void {
  if (item.description === undefined)
    throw invalidField(
      `${path}product_id`,
      "is required; a line without it needs description and unit_price",
    );
  if (item.unit_price === undefined)
    throw invalidField(`${path}unit_price`, "is required for a line without product_id");
}

/** @throws AppError `invalid/…` naming the field */
export function readCreditNote(
  { assets, settings }: Pick<OrderServices, "assets" | "settings">,
  actor: Actor,
  input: CreditNoteInput,
): NewCreditNote {
  const asset = readCurrency(assets, input.currency ?? settings.defaultCurrency);
  const lines = readItems(input.items, { asset, actor });
  return {
    items: lines.map((line, index) => ({ ...line, ...readShelf(input, index) })),
    ...readCustomer(actor, input),
    asset,
    accountId: readOptionalId(input.account_id, "account_id"),
    reason: readText(input.reason, "reason"),
    reference: readName(input.reference, "reference"),
  };
}
