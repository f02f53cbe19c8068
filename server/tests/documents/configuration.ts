// Writes docs/configuration.md from CONFIG_KEYS, so that the document cannot differ from the program.
import { CONFIG_KEYS } from "../../src/config/config.ts";
import type { Alias, ConfigKey } from "../../src/config/key.ts";

const INTRODUCTION = `# Configuration

Every setting is an environment variable; the same names may stand in a file \`.env\` in the folder where the program
is started (the environment wins, and the options \`--port\`, \`--host\` and \`--data-dir\` of \`serve\` win over both). Blanks around a value
and the case of choices do not count. An unknown key in \`.env\` or a value that cannot be used stops the start, before anything
is made, with a line that names all of them. Nothing has to be set to try the program out. \`.env.example\` has every name, to
copy and fill in.

Secrets out of examples, such as \`your-secret-key\`, and short ones work while developing, with a warning at the start; production
refuses them. Where a setting has several names, what the environment says beats what \`.env\` says, and then the first name counts.
`;

const EARLIER = `## Names of earlier programs

What the Python programs before this one were set with is taken here, in their units. A name of \`AZURE_AD_\` or \`SENTINEL_\` that
is not listed does nothing, and the start says so.

| name | read as | default |
|---|---|---|
`;

/** The document: one table per group, in the order in which \`config.ts\` lists the keys. */
export function renderConfiguration(keys: readonly ConfigKey[] = CONFIG_KEYS): string {
  const groups = [...Map.groupBy(keys, (key) => key.group)];
  const tables = groups.map(([group, members]) => {
    const rows = members.map(
      (key) => `| \`${key.name}\` | ${describeType(key)} | ${describeDefault(key)} | ${describe(key)} |`,
    );
    return [`## ${group}`, "", "| key | type | default | meaning |", "|---|---|---|---|", ...rows, ""].join(
      "\n",
    );
  });
  return [INTRODUCTION, ...tables, `${EARLIER}${listEarlier(keys).join("\n")}\n`].join("\n");
}

function listEarlier(keys: readonly ConfigKey[]): string[] {
  return keys.flatMap((key) => {
    const own = key.earlier === true ? [`| \`${key.name}\` | itself | ${describeDefault(key)} |`] : [];
    const others = (key.aliases ?? []).map(({ name, unit }) => {
      const what = `\`${key.name}\`${unit === undefined ? "" : `, in ${unit}`}`;
      return `| \`${name}\` | ${what} | ${describeAliasDefault(key, unit)} |`;
    });
    return [...own, ...others];
  });
}

/** With the key's other names, and whether it does something. */
function describe(key: ConfigKey): string {
  const aliases = (key.aliases ?? []).map(
    (alias) => ` Also read as \`${alias.name}\`${describeAlias(key, alias)}.`,
  );
  const later = key.later === undefined ? "" : ` Does nothing yet: ${key.later}.`;
  return `${key.description}${aliases.join("")}${later}`;
}

/** ", in seconds (default: 30)" */
export function describeAlias(key: ConfigKey, { unit }: Alias): string {
  return unit === undefined
    ? ""
    : `, in ${unit} (default: ${describeAliasDefault(key, unit).replaceAll("`", "")})`;
}

function describeAliasDefault(key: ConfigKey, unit: Alias["unit"]): string {
  return unit === undefined ? describeDefault(key) : `\`${Number(key.default) / 1_000}\``;
}

export function describeType(key: ConfigKey): string {
  const secret = key.secret === true ? ", secret" : "";
  if (key.choices !== undefined) return `${key.choices.map((choice) => `\`${choice}\``).join(", ")}${secret}`;
  if (key.type === "string") return `${key.form.name}${secret}`;
  if (key.minimum === undefined && key.maximum === undefined) return `${key.type}${secret}`;
  return `${key.type}, ${key.minimum ?? 0} to ${key.maximum ?? "any"}${secret}`;
}

function describeDefault(key: ConfigKey): string {
  return key.default === undefined ? "–" : `\`${key.default.replaceAll("|", "\\|")}\``;
}
