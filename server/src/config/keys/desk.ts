// The settings of group commit.
import type { ConfigKey } from "../key.ts";

export const DESK_KEYS = [
  {
    name: "BATCH_ITEMS_MAX",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 8_000,
    default: "1000",
    description: "Most commands that one database transaction commits together.",
  },
  {
    name: "BATCH_QUEUE_MAX",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000,
    default: "16000",
    description: "Most commands waiting for a batch; beyond it the answer is 503 with Retry-After.",
  },
  {
    name: "IDEMPOTENCY_KEEP_DAYS",
    group: "Group commit",
    type: "integer",
    minimum: 1,
    maximum: 90,
    default: "2",
    description: "Full days for which an idempotency key and its answer are kept.",
  },
] as const satisfies readonly ConfigKey[];
