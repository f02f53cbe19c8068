// How a connection to PostgreSQL is opened: where to, with which limits, and with which server settings.

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly applicationName?: string;
  /** Extra server settings of each connection, such as `plan_cache_mode`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Settings of our embedded server, set for each connection to any other server. JIT compiling costs more than our short
 * statements take: with PostgreSQL's default, and tables not yet analyzed, it served a tenth of the requests.
 */
export const CONNECTION_SETTINGS = { jit: "off" };

/**
 * Connections whose statements find rows by key or by an index's order plan once and by index, however the tables grow meanwhile
 * and whether or not they were ever analyzed. Walking an index stops where enough was found; collecting a bitmap of an account's
 * transfers first read a million entries for the newest twenty.
 */
export const BY_INDEX_SETTINGS = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_bitmapscan: "off",
  max_parallel_workers_per_gather: "0",
};
