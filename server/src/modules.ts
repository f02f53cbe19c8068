// The modules, lowest first: the table of contents. Each may import only modules to its left, through their index.ts;
// the boundary checks, the migrations' names and the generated documents all go by this list.
export const MODULE_ORDER = [
  "jobs",
  "delivery",
  "audit",
  "identity",
  "ledger",
  "desk",
  "risk",
  "banking",
  "catalog",
  "inventory",
  "payments",
  "promotions",
  "orders",
  "carts",
  "trading",
  "notifications",
  "reports",
] as const;
