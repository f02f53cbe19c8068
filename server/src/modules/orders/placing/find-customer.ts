// Finds the customer of an order or credit note entered by staff: a user, a person of another system if stated so, or nobody.
import { inReadTransaction } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { findUserIds, readWhom, type WhomWish } from "../../identity/index.ts";
import { orderError } from "../errors.ts";
import type { OrderInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";

/** Null: nobody. */
export interface WantedCustomer {
  readonly customerId: string | null;
  /** A user, who must exist: then it belongs to them. */
  readonly customer?: WhomWish | undefined;
}

type CustomerInput = Pick<OrderInput, "customer_id" | "customer_username" | "external_customer">;

/** As staff entered it. @throws AppError `invalid/invalid_request` naming the field */
export function readCustomer(actor: Actor, input: CustomerInput): WantedCustomer {
  const { customer_id, customer_username: username, external_customer: isExternal } = input;
  const id = customer_id ?? undefined;
  if (id === undefined && username === undefined && isExternal !== true) return { customerId: null };
  const wish = readWhom({ id, username, isExternal }, { noun: "customer", callerId: actor.id });
  return wish.user === undefined ? { customerId: wish.id ?? null } : { customerId: null, customer: wish };
}

/**
 * The request with the id of the user that it means; `refused` where there is none: `customer_unknown`. It is refused in the
 * decision, so that a repeated key gets the same answer; a user who was found once always exists, for users are never deleted.
 */
export async function settleCustomer<Request extends WantedCustomer>(
  { db }: Pick<OrderServices, "db">,
  request: Request,
): Promise<Request & { readonly refused?: AppError | undefined }> {
  const { user, field = "customer_id" } = request.customer ?? {};
  if (user === undefined) return request;
  const [customerId] = await inReadTransaction(db, (tx) => findUserIds(tx, [user]));
  if (customerId !== undefined) return { ...request, customerId };
  const fields = [{ field, reason: "is no user here" }];
  return { ...request, refused: orderError("customer_unknown", { fields }) };
}
