// The modules, lowest first: the table of contents. Each may import only modules to its left, through their index.ts;
// the boundary checks, the migrations' names and the generated documents all go by this list.
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
  "promotions",
  "orders",
  "trading",
  "notifications",
  "reports",
] as const;
