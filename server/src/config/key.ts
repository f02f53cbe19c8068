// One setting: its name, type, default and one sentence of description; and the values of many settings.
import type { Form } from "./forms.ts";

/** Another name under which a value may be set. */
export interface Alias {
  readonly name: string;
  /** The value's unit, where it differs from the key's: seconds, possibly with a fraction, for a key in milliseconds. */
  readonly unit?: "seconds";
}

interface Described {
  readonly name: string;
  readonly group: string;
  readonly default: string | undefined;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly secret?: boolean;
  readonly aliases?: readonly Alias[];
  /** The Python programs before this one used this name. */
  readonly earlier?: true;
  /** The future use of the value: it is accepted, but nothing reads it yet. */
  readonly later?: string;
}

interface Text {
  readonly type: "string";
  readonly form: Form;
}

interface Other {
  readonly type: "integer" | "boolean" | "choice" | "json";
  readonly form?: never;
}

export type ConfigKey = Described & (Text | Other);

type ValueOf<K extends ConfigKey> = K["type"] extends "integer"
  ? number
  : K["type"] extends "boolean"
    ? boolean
    : K["type"] extends "json"
      ? unknown
      : K extends { choices: readonly (infer C)[] }
        ? C
        : string;

/** The checked values of a list of keys; a key without default is undefined where it was not set. */
export type ConfigOf<Keys extends readonly ConfigKey[]> = {
  readonly [K in Keys[number] as K["name"]]:
    | ValueOf<K>
    | (K["default"] extends undefined ? undefined : never);
};

/** A secret's form is text, and it never has a default. */
export function secret(form: Form) {
  return { type: "string", form, default: undefined, secret: true } as const;
}
