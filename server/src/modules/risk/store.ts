// The SQL of the risk module.
import type { Tx } from "../../runtime/transaction.ts";

export interface NewFlag {
  readonly transactionId: number;
  readonly accountId: number;
  readonly rule: string;
  readonly reason: string;
  readonly blocked: boolean;
}

export function insertFlags({ sql }: Tx, flags: readonly NewFlag[]): Promise<unknown> {
  return sql`
    INSERT INTO risk.flags (transaction_id, account_id, rule, reason, blocked)
    SELECT * FROM unnest(${flags.map((f) => String(f.transactionId))}::bigint[], ${flags.map((f) => String(f.accountId))}::bigint[],
                         ${flags.map((f) => f.rule)}::text[], ${flags.map((f) => f.reason)}::text[], ${flags.map((f) => String(f.blocked))}::text[]::boolean[])
    ON CONFLICT (transaction_id, rule) DO NOTHING`.execute();
}
