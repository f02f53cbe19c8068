// Stamps: microseconds since the Unix epoch as a plain number (exact until the year 2255). PostgreSQL keeps time to
// the microsecond, so a stamp and a timestamptz say the same, and a stamp can serve as an id that sorts by time.

const RFC3339 = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,9}))?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/** Writes a stamp as RFC 3339 in UTC with microseconds: "2026-11-21T09:00:00.123456Z". */
export function formatStamp(stamp: number): string {
  const second = Math.floor(stamp / 1_000_000);
  return `${new Date(second * 1000).toISOString().slice(0, 20)}${String(stamp - second * 1_000_000).padStart(6, "0")}Z`;
}

/** Reads RFC 3339 (a date alone is its first moment in UTC) to a stamp, exact to the microsecond; undefined where malformed. */
export function parseStamp(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text.replace(" ", "T"));
  if (Number.isNaN(ms)) return undefined;
  const micros = Number((match[1] ?? "").padEnd(6, "0").slice(3, 6));
  return ms * 1000 + micros;
}

export function stampOf(date: Date): number {
  return date.getTime() * 1000;
}
