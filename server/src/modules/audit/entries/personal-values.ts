// Personal values of audit entries. The chain holds a commitment, SHA-256(salt || value); salt and value are stored encrypted in
// a table of their own, from which a person's rows can be deleted. Without the salt, the commitment reveals nothing, not even
// to somebody who guesses the value.
import { hash, randomBytes } from "node:crypto";

/** A value that an entry refers to; `at` is when the entry was written. */
export interface NamedValue {
  readonly subjectId: string;
  readonly name: string;
  readonly value: string;
  readonly at: string;
}

export interface PersonalValue extends NamedValue {
  readonly commitment: Buffer;
  readonly salt: Buffer;
}

export function commitTo(salt: Buffer, value: string): Buffer {
  return hash("sha256", Buffer.concat([salt, Buffer.from(value)]), "buffer");
}

/** The context of a value's encryption: moved to another row, the value does not decrypt. */
export function describeBinding(commitment: Buffer): string {
  return `audit.personal_values:${commitment.toString("hex")}`;
}

/**
 * Makes commitments and remembers them, so that one person's address on a thousand entries is one value with one salt. The
 * entries name their actor anyway, so equal commitments reveal nothing more.
 */
export interface Committer {
  readonly commit: (value: NamedValue) => Buffer;
  /** Values committed to since the last call. */
  readonly takeNew: () => PersonalValue[];
  readonly forget: () => void;
}

const SALT_BYTES = 16;
const CACHE_SIZE_MAX = 20_000;

export function createCommitter(): Committer {
  const known = new Map<string, Buffer>();
  let fresh: PersonalValue[] = [];
  return {
    commit: (named) => {
      const key = `${named.subjectId}\0${named.name}\0${named.value}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const salt = randomBytes(SALT_BYTES);
      const commitment = commitTo(salt, named.value);
      if (known.size >= CACHE_SIZE_MAX) known.clear();
      known.set(key, commitment);
      fresh.push({ ...named, commitment, salt });
      return commitment;
    },
    takeNew: () => {
      const taken = fresh;
      fresh = [];
      return taken;
    },
    forget: () => {
      known.clear();
      fresh = [];
    },
  };
}
