// The keys of the vault that are given, judged before anything is made; the program makes the others itself.
import type { Config } from "../config/config.ts";
import { parseKey } from "../runtime/vault/vault-keys.ts";

/** A sentence for each that cannot be used, naming it. */
export function findKeyProblems(config: Config): string[] {
  return (["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS"] as const).flatMap((name) => {
    const key = config[name];
    if (key === undefined) return [];
    try {
      parseKey(name, key);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}
