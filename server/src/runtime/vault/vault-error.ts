// Errors of keys and encrypted values. Messages are one line, can be shown at start, and contain no secret.

export class VaultError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "VaultError";
  }
}

/** The value names a data key that this process has not read: another process made it since, or it is of another database. */
export class UnknownDataKeyError extends VaultError {
  constructor(keyId: number) {
    super(`data key ${keyId} is not known to this process`);
    this.name = "UnknownDataKeyError";
  }
}
