// The modules, lowest first: each may import only modules to its left. The boundaries, the migrations' names and the
// generated documents all go by this list; `architecture.test.ts` holds `server/src/modules.ts` to the same order.

export const MODULE_ORDER = [
  "jobs",
  "audit",
  "identity",
  "ledger",
  "risk",
  "banking",
  "catalog",
  "inventory",
  "payments",
  "orders",
  "trading",
  "notifications",
  "reports",
] as const;
