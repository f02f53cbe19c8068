// Stamps: microseconds since the Unix epoch as a plain number (exact until the year 2255). PostgreSQL keeps time to the
// microsecond, so a stamp and a timestamptz are equally exact, and a stamp can serve as an id that sorts by time.

const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const RFC3339 = new RegExp(
  String.raw`^(\d{4}-\d{2}-\d{2})(?:[Tt ]${TIME}(?::[0-5]\d(?:\.(\d{1,9}))?)?(?:[Zz]|[+-]${TIME}))?$`,
);
/** The years 1 to 9999 in UTC, which RFC 3339 can write and PostgreSQL can read. */
const MS_MIN = Date.parse("0001-01-01T00:00:00Z");
const MS_MAX = Date.parse("9999-12-31T23:59:59.999Z");

/** Writes a stamp as RFC 3339 in UTC with microseconds: "2026-11-21T09:00:00.123456Z". */
export function formatStamp(stamp: number): string {
  const second = Math.floor(stamp / 1_000_000);
  return `${new Date(second * 1000).toISOString().slice(0, 20)}${String(stamp - second * 1_000_000).padStart(6, "0")}Z`;
}

/**
 * Reads RFC 3339 (a date alone is its first moment in UTC) to a stamp, exact to the microsecond; undefined where it is malformed,
 * or names a day that its month does not have: Date.parse would take it for a day of the next month.
 */
export function parseStamp(text: string): number | undefined {
  const match = RFC3339.exec(text);
  const [, date = "", fraction = ""] = match ?? [];
  if (match === null || !isDay(date)) return undefined;
  const ms = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text.replace(" ", "T"));
  if (!(ms >= MS_MIN && ms <= MS_MAX)) return undefined;
  return Math.min(ms * 1000 + Number(fraction.padEnd(6, "0").slice(3, 6)), MS_MAX * 1000); // rounding up would give 10000
}

function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

export function stampOf(date: Date): number {
  return date.getTime() * 1000;
}
