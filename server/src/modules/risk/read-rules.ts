// Reads a list of rules from the configuration, and says which rule is wrong, where, and what is expected there. Pure.
import type { Static, TObject } from "typebox";
import { Value } from "typebox/value";
import { ownOf } from "../../values/own-of.ts";

/** The kinds of rules that a list may hold, by the name that each has in its field `rule`. */
export type RuleKinds = Readonly<Record<string, TObject>>;

interface RuleList<Kinds extends RuleKinds> {
  /** The setting: "RISK_RULES". */
  readonly name: string;
  readonly kinds: Kinds;
  readonly countMax: number;
}

/** @returns the rules, or a sentence saying what is wrong with the first invalid one */
export function readRuleList<Kinds extends RuleKinds>(
  value: unknown,
  { name, kinds, countMax }: RuleList<Kinds>,
): readonly Static<Kinds[keyof Kinds]>[] | string {
  if (!Array.isArray(value)) return `${name} must be a list of rules in JSON, such as [] for none`;
  if (value.length > countMax) return `${name} must have at most ${countMax} rules`;
  for (const [index, rule] of value.entries()) {
    const problem = findProblem(rule, kinds);
    if (problem !== undefined) return `${name}[${index}]${problem}`;
  }
  return value;
}

/** The rest of the sentence after the rule's position; undefined where nothing is wrong. */
function findProblem(rule: unknown, kinds: RuleKinds): string | undefined {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule))
    return ' must be a rule such as {"rule": ...}';
  const given = rule as Readonly<Record<string, unknown>>;
  const named = given["rule"];
  const kind = typeof named === "string" ? ownOf(kinds, named) : undefined;
  if (kind === undefined) return `.rule must be one of ${Object.keys(kinds).join(", ")}`;
  const known = Object.keys(kind.properties);
  const takes = `${named} takes ${known.filter((field) => field !== "rule").join(", ")}`;
  const stranger = Object.keys(given).find((field) => !known.includes(field));
  if (stranger !== undefined) return `.${stranger} is not known; ${takes}`;
  const missing = (kind.required ?? []).find((field) => ownOf(given, field) === undefined);
  if (missing !== undefined) return `.${missing} is required; ${takes}`;
  const [first] = Value.Errors(kind, rule);
  return first === undefined ? undefined : `${first.instancePath.replaceAll("/", ".")} ${first.message}`;
}
