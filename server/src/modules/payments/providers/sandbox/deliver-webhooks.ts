// Delivers the sandbox's webhooks over HTTP, signed, in the order of their events, until they are acknowledged.
import type { Sql } from "../../../../runtime/database.ts";
import { SIGNATURE_HEADER, signWebhook } from "./sandbox-signature.ts";
import * as store from "./sandbox-store.ts";

const WEBHOOKS_PER_PASS_MAX = 20;

export interface Postman {
  readonly db: Sql;
  readonly secret: string;
  /** The delivery address: the program's own, known once it listens. */
  readonly url: string;
}

/** Delivers the webhooks that are due. Returns how many there were; one that is not acknowledged comes again. */
export async function deliverDueWebhooks(postman: Postman, signal: AbortSignal): Promise<number> {
  const due = await store.claimDueWebhooks(postman.db, WEBHOOKS_PER_PASS_MAX);
  for (const webhook of due) {
    const copies = Array.from({ length: webhook.copies }, () => deliver(postman, webhook.body, signal));
    const answers = await Promise.allSettled(copies);
    if (answers.every((answer) => answer.status === "fulfilled" && answer.value))
      await store.deleteWebhook(postman.db, webhook.id);
  }
  return due.length;
}

const TIMEOUT_MS = 5_000;

async function deliver({ url, secret }: Postman, body: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/webhooks/sandbox`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      [SIGNATURE_HEADER]: signWebhook(body, secret, Date.now()),
    },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  await response.arrayBuffer();
  return response.ok;
}
