// How often tests that kill programs or walk through documents do it: as often as they should in CI, and less often elsewhere, so
// that `npm test` ends within twelve minutes on two cores. A variable of the environment sets another number.

const isCi = process.env["CI"] !== undefined;

/** @param name the variable that says another number, such as CRASH_ROUNDS */
export function roundsOf(name: string, { inCi, elsewhere }: { inCi: number; elsewhere: number }): number {
  return Number(process.env[name] ?? (isCi ? inCi : elsewhere));
}
