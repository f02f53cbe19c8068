// What the starter of the embedded PostgreSQL throws: one line, naming the cause and what to do about it.

export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}
