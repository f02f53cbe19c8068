// Makes the next key that signs access tokens: automatically when the newest key has signed for long enough, or when an
// administrator asks. Ordinarily the new key is published before it signs, and old keys verify until the last token that they
// signed has expired, so that nobody notices the change.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { identityError } from "../errors.ts";
import { DAY_MS, type Identity } from "../settings.ts";
import { type Context, recordSecurity } from "../trail.ts";
import { makeSigningKey, PUBLISHED_BEFORE_MS } from "./signing-key.ts";
import {
  deleteOldSigningKeys,
  deletePendingSigningKeys,
  insertSigningKey,
  lockSigningKeys,
  type SigningKeyRow,
  selectSigningKeys,
} from "./signing-key-store.ts";

/**
 * `planned`: the new key is published now and signs in ten minutes, when all caches of the JWKS know it. `immediate`: it
 * signs at once; services that cache the JWKS may refuse its tokens for five minutes. `compromised`: like `immediate`, and
 * everything that older keys signed becomes void; sessions stay, and get their next access token by refreshing.
 */
export type RotationMode = "planned" | "immediate" | "compromised";

export interface RotationWish {
  readonly mode: RotationMode;
  /** Kept on the trail. */
  readonly reason: string;
}

export type KeyOptions = Pick<Identity, "db" | "vault" | "settings" | "now">;

const CLOCKS_DIFFER_MS = 60_000;

/** A key that replaces a withdrawn one takes effect at once, also on a process whose clock is behind. */
const SIGNS_AFTER_MS = {
  planned: PUBLISHED_BEFORE_MS,
  immediate: 0,
  compromised: -CLOCKS_DIFFER_MS,
} as const;

/**
 * Makes a key because somebody asked, records it on the trail, and returns it. In force on every process with the commit; this
 * process still has to reload. One process at a time (advisory lock).
 * @throws AppError `conflict/signing_key_pending` where a planned key is waiting already
 */
export function rotateSigningKeys(
  options: KeyOptions,
  { mode, reason }: RotationWish,
  context: Context,
): Promise<SigningKeyRow> {
  return inTransaction(options.db, async (tx) => {
    const newest = await lockAndFindNewest(tx, options);
    const isPending = newest !== undefined && newest.signsFrom.getTime() > options.now();
    if (isPending && mode === "planned") {
      const message = `a new key is published already and signs from ${newest.signsFrom.toISOString()}`;
      throw identityError("signing_key_pending", { message });
    }
    // This key was never used, and it would take over from the one that is made now.
    if (isPending) await deletePendingSigningKeys(tx, new Date(options.now()));
    const key = await addKey(tx, options, mode);
    await record(tx, key, { ...context, details: { rotated: mode, reason } });
    return key;
  });
}

/** Makes a key where there is none, or where the newest has been signing for `SIGNING_KEY_DAYS`. */
export function rotateWhenDue(options: KeyOptions): Promise<void> {
  return inTransaction(options.db, async (tx) => {
    const newest = await lockAndFindNewest(tx, options);
    if (newest === undefined) {
      await addKey(tx, options, "immediate");
      return;
    }
    const signsForMs = options.settings.signingKeyDays * DAY_MS;
    if (newest.signsFrom.getTime() + signsForMs > options.now()) return;
    const key = await addKey(tx, options, "planned");
    const origin = { requestId: "rotate_signing_keys" };
    await record(tx, key, { actor: SYSTEM_ACTOR, origin, details: { rotated: "planned" } });
  });
}

async function lockAndFindNewest(tx: Tx, { now }: KeyOptions): Promise<SigningKeyRow | undefined> {
  await lockSigningKeys(tx);
  await deleteOldSigningKeys(tx, new Date(now()));
  return (await selectSigningKeys(tx.sql, new Date(now()))).at(-1);
}

async function addKey(tx: Tx, options: KeyOptions, mode: RotationMode): Promise<SigningKeyRow> {
  const { vault, settings, now } = options;
  const signsFromMs = now() + SIGNS_AFTER_MS[mode];
  const lastTokenMs = signsFromMs + settings.accessTokenSeconds * 1000 + CLOCKS_DIFFER_MS;
  const key = {
    ...(await makeSigningKey(vault)),
    createdAt: new Date(now()),
    signsFrom: new Date(signsFromMs),
    verifiesUntil: null,
  };
  const predecessorsUntil = new Date(mode === "compromised" ? signsFromMs : lastTokenMs);
  await insertSigningKey(tx, { ...key, predecessorsUntil });
  return key;
}

function record(
  tx: Tx,
  { kid, signsFrom }: SigningKeyRow,
  { actor, origin, details }: Context & { readonly details: Readonly<Record<string, unknown>> },
): Promise<unknown> {
  const resource = { type: "signing_key", id: kid };
  const told = { ...details, signs_from: signsFrom.toISOString() };
  return recordSecurity(tx, [{ event: "authz_admin", actor, origin, resource, details: told }]);
}

/** All keys that still verify, oldest first, and what each is used for at this moment. */
export async function listSigningKeys({ db, now }: Pick<KeyOptions, "db" | "now">) {
  const keys = await selectSigningKeys(db, new Date(now()));
  const signer = keys.findLast(({ signsFrom }) => signsFrom.getTime() <= now());
  return keys.map((key) => ({ ...key, use: useOf(key, signer, now()) }));
}

function useOf(
  { kid, signsFrom }: SigningKeyRow,
  signer: SigningKeyRow | undefined,
  nowMs: number,
): "published" | "signs" | "verifies" {
  if (signsFrom.getTime() > nowMs) return "published";
  return kid === signer?.kid ? "signs" : "verifies";
}

export function describeSigningKey({ kid, createdAt, signsFrom, verifiesUntil }: SigningKeyRow) {
  return {
    kid,
    created_at: createdAt.toISOString(),
    signs_from: signsFrom.toISOString(),
    verifies_until: verifiesUntil?.toISOString() ?? null,
  };
}
