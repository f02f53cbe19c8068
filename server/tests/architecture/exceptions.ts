// Where a rule of the architecture is broken on purpose: the only such list. It may only shrink; a test fails as soon
// as an entry allows more than the code still needs.
import type { Exception } from "./rule.ts";

export const EXCEPTIONS: readonly Exception[] = [];
