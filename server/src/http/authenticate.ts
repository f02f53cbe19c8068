// Who is asking: passes the bearer token to the verifiers in turn and turns it into an Actor. A verified token is kept in
// memory until it expires, so that checking it again costs microseconds; whether it was revoked is checked every time.
import { type JWTPayload, jwtVerify, SignJWT } from "jose";
import { createTurns, type Turns } from "../runtime/turns.ts";
import { type Actor, ROLES, type Role } from "../values/actor.ts";
import { AppError } from "../values/app-error.ts";

const CACHE_SIZE_MAX = 10_000;

export interface TokenSettings {
  readonly secret: string;
  readonly audience: string;
}

/** The content of a verified token. */
export interface Verified {
  readonly actor: Actor;
  readonly expiresAtMs: number;
  /** Called on every request: false once the token was revoked. Must be very cheap. */
  readonly isGood: () => boolean;
}

/** `untilMs` by a monotonic clock: if the machine's clock is set back, a token must not live longer. */
type Remembered = Verified & { readonly untilMs: number };

/** Resolves with undefined where the token is of another kind; throws where it is of this kind but not valid. */
export type TokenVerifier = (token: string) => Promise<Verified | undefined>;

export interface Authenticator {
  /** The token's owner, where the token was verified before and is still valid: synchronous and very cheap. */
  readonly recall: (authorization: string | undefined) => Actor | undefined;
  /**
   * For each network two tokens of a kind are checked at once, and the others wait for their turn: a flood of bad ones takes
   * no more than that, and a good one among them still gets through.
   * @param authorization value of the Authorization header
   * @throws AppError `unauthenticated` saying what is wrong with the token, but never why a signature failed;
   *   `too_many/rate_limited` where thousands of requests from the same network wait already
   */
  readonly verify: (authorization: string | undefined, network: string) => Promise<Actor>;
}

/** @param verifiers asked in order; the first that knows the token's kind decides */
export function createAuthenticator(verifiers: readonly TokenVerifier[]): Authenticator {
  const verified = new Map<string, Remembered>();
  const checks = createChecks();

  function recall(authorization: string | undefined): Actor | undefined {
    const known = authorization === undefined ? undefined : verified.get(authorization);
    if (known === undefined || known.expiresAtMs <= Date.now() || known.untilMs <= performance.now())
      return undefined;
    return known.isGood() ? known.actor : undefined;
  }

  async function verify(authorization: string | undefined, network: string): Promise<Actor> {
    const token = readBearer(authorization);
    for (const [kind, verifier] of verifiers.entries()) {
      const answer = await checks.run(`${kind} ${network}`, () => verifier(token));
      if (answer === undefined) continue;
      if (verified.size >= CACHE_SIZE_MAX) verified.clear();
      verified.set(`Bearer ${token}`, {
        ...answer,
        untilMs: performance.now() + answer.expiresAtMs - Date.now(),
      });
      return answer.actor;
    }
    throw unauthenticated("the token is not valid");
  }

  return { recall, verify };
}

/** The thread pool has four threads; a network whose tokens are all bad leaves two of them free. */
const CHECKS_AT_ONCE = 2;
/** As many people may sign in through one network at once; each check takes a fraction of a millisecond. */
const CHECKS_WAITING_MAX = 5_000;

/** Each kind has its own queue: where one kind's issuer answers slowly, tokens of other kinds do not wait for it. */
function createChecks(): { readonly run: <T>(lane: string, check: () => Promise<T>) => Promise<T> } {
  const lanes = new Map<string, Turns>();
  const refuse = () =>
    new AppError("too_many", "rate_limited", {
      message: "too many tokens of your network wait to be checked",
      limit: "anonymous",
      retryAfterSeconds: 1,
    });
  return {
    run: async (lane, check) => {
      const turns =
        lanes.get(lane) ?? createTurns({ atOnce: CHECKS_AT_ONCE, waitingMax: CHECKS_WAITING_MAX, refuse });
      lanes.set(lane, turns);
      try {
        return await turns.run(check);
      } finally {
        if (turns.isIdle()) lanes.delete(lane);
      }
    },
  };
}

const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Verifies the tokens of `countinghouse token`: only HS256, with audience, expiry, subject, name and known roles.
 * @param options.takesBare accepts a token without roles as a customer's, which may also have no expiry
 */
export function createLocalVerifier(settings: TokenSettings, { takesBare = false } = {}): TokenVerifier {
  const key = new TextEncoder().encode(settings.secret);
  return async (token) => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["HS256"],
      audience: settings.audience,
      requiredClaims: ["sub", "preferred_username", "aud"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    }).catch((error: unknown) => {
      throw unauthenticated(describe(error));
    });
    const isBare = takesBare && payload["roles"] === undefined;
    if (!isBare) requireClaims(payload);
    const actor = toActor(isBare ? { ...payload, roles: ["customer"] } : payload);
    const expiresAtMs = payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000;
    return { actor, expiresAtMs, isGood: () => true };
  };
}

function requireClaims({ exp, roles }: JWTPayload): void {
  if (exp === undefined) throw unauthenticated("the token's exp is missing or wrong");
  if (roles === undefined) throw unauthenticated("the token's roles is missing or wrong");
}

/** Mints an access token for `countinghouse token`, tests and the bench. */
export function mintToken(settings: TokenSettings, actor: Actor, lifetimeSeconds: number): Promise<string> {
  return new SignJWT({ preferred_username: actor.name, roles: [...actor.roles] })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(actor.id)
    .setAudience(settings.audience)
    .setIssuedAt()
    .setExpirationTime(`${lifetimeSeconds}s`)
    .sign(new TextEncoder().encode(settings.secret));
}

function readBearer(authorization: string | undefined): string {
  const match = /^Bearer ([\w.~+/-]{1,8192}=*)$/i.exec(authorization ?? "");
  if (match?.[1] === undefined) throw unauthenticated("send Authorization: Bearer <token>");
  return match[1];
}

function toActor(payload: Record<string, unknown>): Actor {
  const { sub, roles, preferred_username: name } = payload;
  if (!isPlainText(sub)) throw unauthenticated("the token's sub must be text of 1 to 128 characters");
  if (!isPlainText(name))
    throw unauthenticated("the token's preferred_username must be text of 1 to 128 characters");
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every(isRole))
    throw unauthenticated(`the token's roles must be among ${ROLES.join(", ")}`);
  return { id: sub, name, roles };
}

/** Text that PostgreSQL and a log line can store: no control characters, no broken Unicode. */
function isPlainText(value: unknown): value is string {
  return typeof value === "string" && /^[^\p{Cc}\p{Cs}]{1,128}$/u.test(value);
}

function isRole(value: unknown): value is Role {
  return ROLES.includes(value as Role);
}

function describe(error: unknown): string {
  const { code, claim } = error as { code?: string; claim?: string };
  if (code === "ERR_JWT_EXPIRED") return "the token has expired";
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED")
    return `the token's ${claim ?? "claims"} is missing or wrong`;
  return "the token is not valid";
}

function unauthenticated(message: string): AppError {
  return new AppError("unauthenticated", "unauthenticated", { message });
}
