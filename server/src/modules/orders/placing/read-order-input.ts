// Turns what a client sent into the commands' input: ids as numbers, amounts as minor units. The schemas have checked the form
// before; this file checks what a schema cannot know, and what only staff may send.

import { type Actor, actsForAll } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { readEmailAddress } from "../../../values/email-address.ts";
import { readMetadata } from "../../../values/metadata.ts";
import { isBlank, readName } from "../../../values/names.ts";
import { readAll, readAmount, readEach, readOptionalId, readText } from "../../../values/read-input.ts";
import { type Asset, readCurrency } from "../../ledger/index.ts";
import { normalizeCode, refuseUnknown } from "../../promotions/index.ts";
import { readShelf } from "../credit-notes/read-return.ts";
import type { NewCreditNote } from "../credit-notes/write-credit-note.ts";
import { orderError } from "../errors.ts";
import type { CreditNoteInput, OrderInput, OrderLineInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import { readCustomer, type WantedCustomer } from "./find-customer.ts";
import type { NewOrder } from "./place-orders.ts";
import type { NewLine } from "./price-lines.ts";
import type { Address } from "./screen.ts";

/**
 * Each address field is one line of visible text; `email`, where present, is an e-mail address.
 * @throws AppError `invalid/invalid_request` naming the fields
 */
export function readAddress(address: Address | null | undefined, field: string): Address | null {
  if (address === undefined || address === null) return null;
  const read = readEach(Object.entries(address), ([name, value]) => {
    const text = readAddressField(value, `${field}.${name}`);
    return [name, name === "email" ? readEmailAddress(text, `${field}.email`) : text] as const;
  });
  return Object.fromEntries(read);
}

function readAddressField(value: string, field: string): string {
  if (/[\r\n\u0085\u2028\u2029]/.test(value))
    throw invalidField(
      field,
      "must be one line: give each further line a field of its own, such as street_2",
    );
  if (isBlank(value)) throw invalidField(field, "must not be blank: leave out what there is none of");
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
  const asset = () => readCurrency(assets, input.currency ?? settings.defaultCurrency);
  const { customer, ...read } = readAll({
    asset,
    items: () => readItems(input.items, { asset: asset(), actor }),
    customer: () => (actsForAll(actor) ? readCustomer(actor, input) : readOneself(actor, input)),
    accountId: () => readPayingAccount(input),
    paymentToken: () => readText(input.payment_token, "payment_token"),
    shippingAddress: () => readAddress(input.shipping_address, "shipping_address"),
    billingAddress: () => readAddress(input.billing_address, "billing_address"),
    reference: () => readName(input.reference, "reference"),
    metadata: () => (input.metadata === undefined ? undefined : readMetadata(input.metadata)),
    // Last, because an unknown coupon is not an error of the form.
    couponCode: () => (input.coupon_code === undefined ? undefined : readCouponCode(input.coupon_code)),
  });
  return { ...read, ...customer, paymentMethod: input.payment_method };
}

function readPayingAccount({ account_id: id, payment_method: method }: OrderInput): number | undefined {
  if (id !== undefined && method !== "balance")
    throw invalidField("account_id", "belongs to payment_method balance");
  return readOptionalId(id, "account_id");
}

/** Everybody but staff orders for themselves. */
function readOneself(actor: Actor, { customer_id: id, ...input }: OrderInput): WantedCustomer {
  const others = (["customer_username", "external_customer"] as const).filter(
    (field) => input[field] !== undefined,
  );
  refuseFields(id !== undefined && id !== actor.id ? ["customer_id", ...others] : others);
  return { customerId: actor.id };
}

/** The code in its stored form. @throws AppError `refused/coupon_unknown` where no coupon can have this code */
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
  return readEach(items, (item, index) => {
    const path = `items[${index}].`;
    const { productId, description, unitPrice } = readAll({
      mayBeSent: () => isStaff || refuseStaffFields(item, path),
      productId: () => {
        if (item.product_id === undefined) checkService(item, { path, isStaff });
        return item.product_id;
      },
      description: () => readName(item.description, `${path}description`),
      unitPrice: () => readUnitPrice(item.unit_price, asset, `${path}unit_price`),
    });
    const { quantity, price_includes_tax: includesTax, tax_class: taxClass } = item;
    return { productId, description, quantity, unitPrice, includesTax, taxClass };
  });
}

/** A price of zero is a gift; below zero is not allowed. */
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
  refuseFields(STAFF_FIELDS.filter((field) => item[field] !== undefined).map((field) => `${path}${field}`));
}

function refuseFields(names: readonly string[]): void {
  const fields = names.map((field) => ({ field, reason: "only staff may send this" }));
  if (fields.length > 0) throw orderError("staff_only_field", { fields });
}

function checkService(item: OrderLineInput, { path, isStaff }: { path: string; isStaff: boolean }): void {
  if (!isStaff) throw invalidField(`${path}product_id`, "is required");
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
  const asset = () => readCurrency(assets, input.currency ?? settings.defaultCurrency);
  const {
    lines,
    shelves: _,
    customer,
    ...read
  } = readAll({
    asset,
    lines: () => readItems(input.items, { asset: asset(), actor }),
    shelves: () => readEach(input.items, (_, index) => readShelf(input, index)),
    customer: () => readCustomer(actor, input),
    accountId: () => readOptionalId(input.account_id, "account_id"),
    reason: () => readText(input.reason, "reason"),
    reference: () => readName(input.reference, "reference"),
  });
  const items = lines.map((line, index) => ({ ...line, ...readShelf(input, index) }));
  return { ...read, ...customer, items };
}
