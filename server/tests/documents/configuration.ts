// Writes docs/configuration.md from CONFIG_KEYS, so that the document cannot differ from the program.
import { CONFIG_KEYS } from "../../src/config/config.ts";
import type { ConfigKey } from "../../src/config/key.ts";

const INTRODUCTION = `# Configuration

Every setting is an environment variable; the same names may stand in a file \`.env\` in the folder where the program
is started (the environment wins). An unknown key in \`.env\` or a malformed value stops the start with a line that
names it. Nothing has to be set to try the program out.
`;

/** The document: one table per group, in the order in which \`config.ts\` lists the keys. */
export function renderConfiguration(keys: readonly ConfigKey[] = CONFIG_KEYS): string {
  const groups = [...Map.groupBy(keys, (key) => key.group)];
  const tables = groups.map(([group, members]) => {
    const rows = members.map(
      (key) => `| \`${key.name}\` | ${describeType(key)} | ${describeDefault(key)} | ${key.description} |`,
    );
    return [`## ${group}`, "", "| key | type | default | meaning |", "|---|---|---|---|", ...rows, ""].join(
      "\n",
    );
  });
  return [INTRODUCTION, ...tables].join("\n");
}

function describeType(key: ConfigKey): string {
  const secret = key.secret === true ? ", secret" : "";
  if (key.choices !== undefined) return `${key.choices.map((choice) => `\`${choice}\``).join(", ")}${secret}`;
  if (key.minimum === undefined && key.maximum === undefined) return `${key.type}${secret}`;
  return `${key.type}, ${key.minimum ?? 0} to ${key.maximum ?? "any"}${secret}`;
}

function describeDefault(key: ConfigKey): string {
  return key.default === undefined ? "–" : `\`${key.default.replaceAll("|", "\\|")}\``;
}
