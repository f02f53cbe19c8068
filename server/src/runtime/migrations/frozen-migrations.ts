// The migrations that a release has brought to other people's databases, with the SHA-256 of each. `npm run check` and the start
// refuse a frozen file that differs by a byte: any later change is a new file.
//
// No baseline is listed yet: nothing has been released, and the work on the ledger's heart still changes its baseline.
// When that is done, all baselines are listed here, and from then on each migration with the release that brings it.
export const FROZEN_MIGRATIONS: Readonly<Record<string, string>> = {};
