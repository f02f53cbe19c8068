// An event of a provider that does not fit its payment: another currency, another amount than was asked for. It has touched
// nothing, and waits until a person has compared it with the provider's pages and decided.
import type { ProviderAnswer, ProviderReport } from "../providers/card-provider.ts";

export type HeldResolution = "accepted" | "dismissed";

export interface HeldEvent {
  /** Stamp: since when it waits. */
  readonly id: number;
  readonly paymentId: number;
  readonly provider: string;
  /** The provider's id of it. */
  readonly eventId: string;
  readonly type: string;
  /** What does not fit, in words. */
  readonly why: string;
  /** What it says; null: it cannot be applied, being of another currency or of no amount. */
  readonly answer: ProviderAnswer | null;
  /** Null: it waits. */
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
