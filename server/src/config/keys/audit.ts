// The settings of the audit trail and of the check of the whole.
import { folder, httpUrl, key32, logName, visible } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const AUDIT_KEYS = [
  {
    name: "INTEGRITY_CHECK_SECONDS",
    group: "Audit",
    type: "integer",
    minimum: 10,
    maximum: 86_400,
    default: "300",
    description: "How often ledger, stock, payments and orders are checked against each other.",
  },
  {
    name: "AUDIT_LOG_NAME",
    group: "Audit",
    type: "string",
    form: logName,
    default: "countinghouse.local",
    description:
      "What the names of the transparency logs begin with, usually the host that publishes them; never changed later.",
  },
  {
    name: "AUDIT_SIGNING_KEY",
    group: "Audit",
    ...secret(key32),
    description:
      "Ed25519 key that signs checkpoints, 32 bytes in base64 or hex; generated into DATA_DIR (mode 0600) when unset.",
  },
  {
    name: "AUDIT_CHECKPOINT_SECONDS",
    group: "Audit",
    type: "integer",
    minimum: 1,
    maximum: 86_400,
    default: "10",
    description:
      "How often a checkpoint of the trail and of the transfers is signed, where there is anything new.",
  },
  {
    name: "AUDIT_CHECKPOINT_DIR",
    group: "Audit",
    type: "string",
    form: folder,
    default: undefined,
    description:
      "Folder into which every checkpoint is published too; copy it out of the reach of this machine.",
  },
  {
    name: "SENTINEL_ENDPOINT",
    group: "Audit",
    type: "string",
    form: httpUrl,
    default: undefined,
    earlier: true,
    description: "URL of a Microsoft Sentinel log ingestion endpoint; the trail is sent there as it grows.",
  },
  {
    name: "SENTINEL_TOKEN",
    group: "Audit",
    ...secret(visible),
    earlier: true,
    description: "Bearer token for SENTINEL_ENDPOINT.",
  },
] as const satisfies readonly ConfigKey[];
