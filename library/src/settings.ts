// What the environment says, as the server would read it: other names, units, defaults and the judgement of secrets included.
import { type Config, readEnvironment } from "../../server/src/library.ts";

/** Of this process, so that each is told once. */
const told = new Set<string>();

/** What works here and would not in production is told once, as a warning of the process. @throws Error naming the setting */
export function readSettings<Name extends keyof Config>(
  names: readonly Name[],
): Pick<Config, Name | "APP_ENV"> {
  const { config, notes } = readEnvironment(names);
  for (const note of notes) {
    if (!told.has(note)) process.emitWarning(note, "CountinghouseWarning");
    told.add(note);
  }
  return config;
}
