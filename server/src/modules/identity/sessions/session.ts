// A session: one sign-in on one device. Its refresh tokens are numbered. Only the newest is good, and for a short time the one
// before it, so that two tabs refreshing at once, or an answer lost on the way, sign nobody out.
import { createHmac, timingSafeEqual } from "node:crypto";

export interface Session {
  /** UUID, the `sid` of its tokens. */
  readonly id: string;
  readonly userId: string;
  /** Encrypted. */
  readonly secret: string;
  readonly counter: number;
  readonly rotatedAt: Date;
  readonly userAgent: string | null;
  readonly methods: readonly string[];
  readonly confirmedAt: Date;
  readonly impersonatorId: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** For how long the last token but one still gets its successor. */
export const REFRESH_GRACE_MS = 60_000;

const REFRESH_TOKEN = /^chr_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9]\d{0,8})\.([\w-]{43})$/;

export interface RefreshToken {
  readonly sessionId: string;
  readonly counter: number;
  readonly signature: string;
}

/** The one refresh token of this number: a second request gets the same token. */
export function makeRefreshToken(sessionId: string, secret: string, counter: number): string {
  return `chr_${sessionId}.${counter}.${sign(sessionId, secret, counter)}`;
}

/** Undefined where the text is not a refresh token; its signature is not checked yet. */
export function readRefreshToken(token: string): RefreshToken | undefined {
  const [, sessionId, counter, signature] = REFRESH_TOKEN.exec(token) ?? [];
  if (sessionId === undefined || signature === undefined) return undefined;
  return { sessionId, counter: Number(counter), signature };
}

export function isSignedBy(token: RefreshToken, secret: string): boolean {
  const expected = sign(token.sessionId, secret, token.counter);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(token.signature));
}

function sign(sessionId: string, secret: string, counter: number): string {
  return createHmac("sha256", secret).update(`${sessionId}.${counter}`).digest("base64url");
}

/** What to do with a well-signed refresh token. */
export type RefreshVerdict = "rotate" | "repeat" | "reused" | "over";

export function judgeRefresh(
  session: Session,
  counter: number,
  { nowMs, idleMs }: { readonly nowMs: number; readonly idleMs: number },
): RefreshVerdict {
  const isOver =
    session.endedAt !== null ||
    session.expiresAt.getTime() <= nowMs ||
    session.lastUsedAt.getTime() + idleMs <= nowMs ||
    counter > session.counter;
  if (isOver) return "over";
  if (counter === session.counter) return "rotate";
  const isInGrace = session.rotatedAt.getTime() + REFRESH_GRACE_MS > nowMs;
  return counter === session.counter - 1 && isInGrace ? "repeat" : "reused";
}

export function contextOfSecret(sessionId: string): string {
  return `identity.sessions.secret:${sessionId}`;
}

export function describeSession(session: Session, currentId: string | undefined) {
  return {
    id: session.id,
    device: session.userAgent,
    methods: [...session.methods],
    current: session.id === currentId,
    impersonated: session.impersonatorId !== null,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
  };
}
