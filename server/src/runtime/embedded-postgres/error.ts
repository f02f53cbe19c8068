// The error that the starter of the embedded PostgreSQL throws: one line, naming the cause and what to do about it.

export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

/** Another process holds the data directory; its PostgreSQL may be ready for use, now or soon. */
export class DirectoryInUseError extends EmbeddedPostgresError {}
