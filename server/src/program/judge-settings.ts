// Checks the settings with all code that reads them, before anything is created.
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/env-file.ts";
import { findSettingProblems } from "./module-list.ts";

/** The assets of the ledger's baseline; others can only be added to an existing database. */
const CURRENCIES_OF_NEW = "USD EUR GBP CHF CAD AUD SEK NOK DKK PLN CZK INR CNY JPY KRW KWD";

/** @throws ConfigError naming everything that is wrong */
export function judgeSettings(config: Config, { isNew }: { readonly isNew: boolean }): void {
  const problems = [...findSettingProblems(config)];
  const { DEFAULT_CURRENCY: currency } = config;
  if (isNew && !CURRENCIES_OF_NEW.split(" ").includes(currency))
    problems.push(
      `DEFAULT_CURRENCY must be one that a new database knows (${CURRENCIES_OF_NEW}), not "${currency}": others can be added to it`,
    );
  if (problems.length > 0) throw new ConfigError(problems);
}
