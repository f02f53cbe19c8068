// Reads an edit against the current order: amounts in its currency; where one address changes, the other stays.
// Read ahead, without a lock: the edit is decided on the locked order, whose version shows whether it has changed.
import type { Actor } from "../../../values/actor.ts";
import { readMetadata } from "../../../values/metadata.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readOptionalId, readText } from "../../../values/read-input.ts";
import { readCurrency } from "../../ledger/index.ts";
import { getAddresses, getOrderWithPayment } from "../get-order.ts";
import { readAddress, readItems } from "../placing/read-order-input.ts";
import type { OrderChange } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import type { OrderEdit } from "./edit-order.ts";

export interface WantedEdit {
  readonly id: number;
  readonly input: OrderChange;
  readonly versions: OrderEdit["versions"];
}

/** @throws AppError `not_found/order_not_found`, `invalid/…`, `forbidden/staff_only_field` naming the field */
export async function prepareEdit(
  services: OrderServices,
  actor: Actor,
  { id, input, versions }: WantedEdit,
): Promise<OrderEdit> {
  const { order } = await getOrderWithPayment(services, actor, id);
  const asset = readCurrency(services.assets, order.currency);
  const { items, metadata, reference, account_id, payment_token, refund_to_account_id } = input;
  const before = await findAddresses(services, input, id);
  const read = readAll({
    items: () => (items === undefined ? undefined : readItems(items, { asset, actor })),
    addresses: () => before && readAddresses(input, before),
    reference: () => readName(reference, "reference"),
    metadata: () => (metadata === undefined || metadata === null ? metadata : readMetadata(metadata)),
    accountId: () => readOptionalId(account_id, "account_id"),
    paymentToken: () => readText(payment_token, "payment_token"),
    refundTo: () => readOptionalId(refund_to_account_id, "refund_to_account_id"),
  });
  return { ...read, versions };
}

/** Both addresses after the edit; undefined where neither changes. */
async function findAddresses({ db, vault }: OrderServices, input: OrderChange, id: number) {
  const isSame = input.shipping_address === undefined && input.billing_address === undefined;
  return isSame ? undefined : getAddresses({ db, vault }, id);
}

/** Both addresses as they are to become. */
function readAddresses(input: OrderChange, before: Awaited<ReturnType<typeof getAddresses>>) {
  const read = (value: OrderChange["shipping_address"], field: "shipping" | "billing") =>
    value === undefined ? before[field] : readAddress(value, `${field}_address`);
  return readAll({
    shipping: () => read(input.shipping_address, "shipping"),
    billing: () => read(input.billing_address, "billing"),
  });
}
