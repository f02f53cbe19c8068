// The inbox of webhooks: they are checked, stored and acknowledged; a job does the rest. The provider gets a 2xx only for a
// stored webhook, and an event that comes again is stored once.
import type { Sql } from "../../../runtime/database.ts";
import { AppError } from "../../../values/app-error.ts";
import { paymentsError } from "../errors.ts";
import type { CardProvider, CardProviderName } from "../providers/card-provider.ts";
import * as store from "./inbox-store.ts";

export interface WebhookRequest {
  readonly provider: string;
  /** The unchanged body. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Stores a webhook. Returns whether it is a new one.
 * @throws AppError `not_found/unknown_provider`, `unauthenticated/invalid_signature`, `invalid/invalid_request`
 */
export async function receiveWebhook(
  { db, providers }: { db: Sql; providers: ReadonlyMap<CardProviderName, { provider: CardProvider }> },
  { provider: name, body, headers }: WebhookRequest,
): Promise<boolean> {
  const known = providers.get(name as CardProviderName);
  if (known === undefined) throw paymentsError("unknown_provider", { provider: name });
  known.provider.checkSignature(body, headers);
  const { eventId, type } = readIds(known.provider, body);
  return store.insertWebhook(db, { provider: name, eventId, type, body });
}

/** A body that cannot be stored as text was not sent by the provider, even with a valid signature. */
function readIds(provider: CardProvider, body: string): { eventId: string; type: string } {
  const ids = provider.readIds(body);
  if ([body, ids.eventId, ids.type].some((text) => text.includes("\0")))
    throw new AppError("invalid", "invalid_request", { message: "the body holds NUL" });
  return ids;
}
