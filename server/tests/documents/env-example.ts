// Writes .env.example from CONFIG_KEYS: every name that may stand in .env, without a value, so that the file as it is changes
// nothing.
import { CONFIG_KEYS } from "../../src/config/config.ts";
import type { Alias, ConfigKey } from "../../src/config/key.ts";
import { describeAlias, describeType } from "./configuration.ts";

const LINE_MAX = 120;
const HEAD = `# Every setting of Countinghouse. Copy this file to .env and fill in what you want to change: a line without a value
# leaves the default. Nothing has to be set to try the program out. docs/configuration.md tells the same in tables.
`;

export function renderEnvExample(keys: readonly ConfigKey[] = CONFIG_KEYS): string {
  const groups = [...Map.groupBy(keys, (key) => key.group)];
  const parts = groups.map(([group, members]) =>
    [`# ---- ${group} ----`, ...members.map(renderKey)].join("\n\n"),
  );
  return `${[HEAD, ...parts].join("\n")}\n`.replace(/\n(?=# ----)/g, "\n\n").replace(/\n{3,}/g, "\n\n");
}

function renderKey(key: ConfigKey): string {
  const fallback = key.default === undefined ? "no default" : `default: ${key.default}`;
  const later = key.later === undefined ? "" : ` Does nothing yet: ${key.later}.`;
  const lines = [
    ...wrap(`${key.description}${later}`),
    ...wrap(`${describeType(key).replaceAll("`", "")}; ${fallback}`),
  ];
  const aliases = (key.aliases ?? []).flatMap((alias) => renderAlias(key, alias));
  return [...lines, `${key.name}=`, ...aliases].join("\n");
}

function renderAlias(key: ConfigKey, alias: Alias): string[] {
  return [`# Another name of ${key.name}${describeAlias(key, alias)}.`, `${alias.name}=`];
}

/** As comments, at spaces. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_MAX)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
