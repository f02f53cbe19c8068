// Ids: positive integers below 2^53, written as decimal strings in JSON so that no client rounds them.

const ID = /^[1-9]\d{0,15}$/;

/** Reads an id from a path, a query or a body (a string or a JSON integer); undefined where it is not an id. */
export function parseId(input: string | number): number | undefined {
  const id = typeof input === "number" ? input : ID.test(input) ? Number(input) : Number.NaN;
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** Turns PostgreSQL's bigint into an id. */
export function toId(id: bigint | null): number | null {
  return id === null ? null : Number(id);
}
