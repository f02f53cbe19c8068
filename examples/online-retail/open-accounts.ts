// An account for the shop and one per customer, found again on every later run by its owner_id.
import type { Api } from "./api.ts";
import type { Month } from "./read-month.ts";
import { type Progress, runMany } from "./run-many.ts";

export interface Accounts {
  readonly shopId: string;
  /** Account id by the customer's number. */
  readonly idOfCustomer: ReadonlyMap<string, string>;
  /** Nothing can have been posted before: the shop's account is new. */
  readonly isFirstRun: boolean;
}

interface Account {
  readonly id: string;
}

/** The shop's account comes last: where it exists, an earlier run may have posted. */
export async function openAccounts(api: Api, month: Month, onProgress: Progress): Promise<Accounts> {
  const customers = [
    ...new Set([...month.payments, ...month.creditNotes].map((invoice) => invoice.customer)),
  ];
  const open = async (customer: string) => {
    const { id } = await findOrOpen(api, describeCustomer(customer));
    return [customer, id] as const;
  };
  const idOfCustomer = new Map(await runMany(customers, open, onProgress));
  const shop = await findOrOpen(api, { ownerId: "online-retail-shop", name: "The shop" });
  return { shopId: shop.id, idOfCustomer, isFirstRun: shop.isNew };
}

function describeCustomer(customer: string): { ownerId: string; name: string } {
  return customer === ""
    ? { ownerId: "customer-without-number", name: "Customers without a number" }
    : { ownerId: `customer-${customer}`, name: `Customer ${customer}` };
}

async function findOrOpen(
  api: Api,
  { ownerId, name }: { ownerId: string; name: string },
): Promise<{ id: string; isNew: boolean }> {
  const query = { owner_id: ownerId, currency: "GBP", state: "open" };
  const [found] = await api.list<Account>("/accounts", query);
  if (found !== undefined) return { id: found.id, isNew: false };
  const body = { owner_id: ownerId, external_owner: true, currency: "GBP", name };
  const opened = await api.post<Account>("/accounts", `online-retail-account-${ownerId}`, body);
  return { id: opened.id, isNew: true };
}
