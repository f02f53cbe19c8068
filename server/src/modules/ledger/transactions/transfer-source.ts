// The ledger's transfers as the audit trail reads them: a source of leaves for the second log.
import type { Sql } from "../../../runtime/database.ts";
import type { TransferSource } from "../../audit/index.ts";
import { settle } from "../verify/verify-book.ts";
import { selectTransferIds } from "./transfer-leaf-store.ts";
import { readTransferLeaves } from "./transfer-leaves.ts";

export function openTransferSource(db: Sql): TransferSource {
  return {
    settle: async () => {
      const stamp = await settle(db);
      return stamp === undefined ? undefined : BigInt(stamp);
    },
    read: (range) => readTransferLeaves(db, range),
    keysOf: (transactionId) => selectTransferIds(db, transactionId),
  };
}
