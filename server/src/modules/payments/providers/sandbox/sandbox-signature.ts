// Signs and checks the sandbox's webhooks as card providers do: an HMAC over time and body, so that neither can
// be changed, and an intercepted body cannot be sent again much later.
import { createHmac, timingSafeEqual } from "node:crypto";
import { paymentsError } from "../../errors.ts";

export const SIGNATURE_HEADER = "sandbox-signature";
const TOLERANCE_SECONDS = 300;

export function signWebhook(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${digest(body, secret, seconds).toString("hex")}`;
}

/** @throws AppError `unauthenticated/invalid_signature` */
export function checkWebhookSignature(
  body: string,
  { header, secret, nowMs }: { header: string | string[] | undefined; secret: string; nowMs: number },
): void {
  const match = typeof header === "string" ? /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) : null;
  const seconds = Number(match?.[1]);
  if (match === null || Math.abs(nowMs / 1_000 - seconds) > TOLERANCE_SECONDS)
    throw paymentsError("invalid_signature");
  if (!timingSafeEqual(digest(body, secret, seconds), Buffer.from(match[2] ?? "", "hex")))
    throw paymentsError("invalid_signature");
}

function digest(body: string, secret: string, seconds: number): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest();
}
