// An event of a provider that does not fit its payment: another currency, or another amount than was asked for. It has changed
// nothing, and waits until a person has compared it with the provider's pages and decided.
import type { ProviderAnswer, ProviderReport } from "../providers/card-provider.ts";

export type HeldResolution = "accepted" | "dismissed";

export interface HeldEvent {
  /** Stamp: since when the event waits. */
  readonly id: number;
  readonly paymentId: number;
  readonly provider: string;
  /** The provider's id of the event. */
  readonly eventId: string;
  readonly type: string;
  /** What does not fit, in words. */
  readonly why: string;
  /** The event's content; null: it cannot be applied, because it has another currency or no amount. */
  readonly answer: ProviderAnswer | null;
  /** The decision; null: the event waits. */
  readonly resolution: HeldResolution | null;
  /** Stamp. */
  readonly resolvedAt: number | null;
  readonly resolvedBy: string | null;
  readonly note: string | null;
}

/** As JSON text, amounts as text. */
export function writeAnswer({ reference, reports }: ProviderAnswer): string {
  return JSON.stringify({ reference, reports }, (_key, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

export function readAnswer(text: string): ProviderAnswer {
  const { reference, reports } = JSON.parse(text, (key, value) =>
    key.endsWith("Minor") ? BigInt(value) : value,
  ) as { reference?: string; reports: ProviderReport[] };
  return { reference, reports };
}
