// Secrets that people copy from examples (`your-secret-key`): outside production they work, with a warning for each. Production
// refuses them (judge-values.ts, secrets.ts).
import { createHash } from "node:crypto";
import type { Config } from "./config.ts";
import { findWeakSecrets, isExample } from "./secrets.ts";

/** Keys that must be 32 bytes: an example text is not, so a key is derived from it. */
const IS_KEY = /^([0-9a-f]{64}|[\w+/-]{43}=?)$/i;
const KEYS = ["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS", "AUDIT_SIGNING_KEY"] as const;

/** Makes examples usable, in the texts as they were given; does nothing in production. */
export function takeExampleSecrets(given: Map<string, string>, notes: string[]): void {
  if (given.get("APP_ENV") === "production") return;
  for (const name of KEYS) {
    const text = given.get(name);
    if (text === undefined || IS_KEY.test(text.trim()) || !isExample(text)) continue;
    given.set(name, createHash("sha256").update(`countinghouse example key\0${text}`).digest("base64"));
    notes.push(
      `${name} is an example: a key that anybody can make was made of it, and production refuses it`,
    );
  }
  const stripe = given.get("STRIPE_SECRET_KEY");
  if (stripe === undefined || !isExample(stripe) || given.has("STRIPE_WEBHOOK_SECRET")) return;
  given.delete("STRIPE_SECRET_KEY");
  notes.push("STRIPE_SECRET_KEY is an example: cards are taken by the sandbox, and production refuses it");
}

/** A sentence for each secret that works here but would stop production. */
export function describeWeakSecrets(config: Config): string[] {
  if (config.APP_ENV === "production") return [];
  return findWeakSecrets(config).map(
    ({ problem }) => `${problem}: good for trying out, and production refuses it`,
  );
}
