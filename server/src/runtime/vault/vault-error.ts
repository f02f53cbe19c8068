// What goes wrong with keys and encrypted values. Messages are one line, fit to be shown at start, and hold no secret.

export class VaultError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "VaultError";
  }
}

/** The value names a data key that this process has not read: made by another process since, or of another database. */
export class UnknownDataKeyError extends VaultError {
  constructor(keyId: number) {
    super(`data key ${keyId} is not known to this process`);
    this.name = "UnknownDataKeyError";
  }
}
