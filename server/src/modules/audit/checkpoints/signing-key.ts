// The key that signs checkpoints: 32 secret bytes from AUDIT_SIGNING_KEY, or generated once into DATA_DIR. Each log signs under
// a name of its own, so that a checkpoint of one log can never pass for one of the other.
import { join } from "node:path";
import { readOrCreateSecret } from "../../../runtime/files/secret-file.ts";
import { parseKeyBytes } from "../../../values/key-bytes.ts";
import { LOG_NAMES, type LogName } from "./log-store.ts";
import { createSigner, type NoteSigner } from "./signed-note.ts";

const SEED_BYTES = 32;

export type Signers = Readonly<Record<LogName, NoteSigner>>;

export interface SigningOptions {
  /** 32 bytes in base64 or hexadecimal. */
  readonly signingKey: string | undefined;
  readonly dataDir: string;
  /** The beginning of both logs' names, such as the host that publishes them. */
  readonly logName: string;
}

/** @throws Error in one line where the key is malformed */
export function openSigners({ signingKey, dataDir, logName }: SigningOptions): Signers {
  const text = signingKey ?? readOrCreateSecret(join(dataDir, "audit-signing-key"), SEED_BYTES);
  const seed = parseKeyBytes(text);
  if (seed === undefined)
    throw new Error(
      `${signingKey === undefined ? "DATA_DIR/audit-signing-key" : "AUDIT_SIGNING_KEY"} must be 32 bytes in base64, base64url or hex`,
    );
  const [entries, transfers] = LOG_NAMES.map((log) => createSigner(`${logName}/${log}`, seed));
  if (entries === undefined || transfers === undefined) throw new Error("a log has no signer");
  return { entries, transfers };
}
