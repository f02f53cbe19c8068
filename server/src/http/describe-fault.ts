// Describes in plain English what is wrong with a value: Ajv's own messages ("must NOT have fewer than 1 properties") are for
// readers of schemas.

/** The validator's error; `parentSchema` is present where Ajv runs in verbose mode. */
export interface Fault {
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

type Describe = (fault: Fault) => string;

const TYPES = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["integer", "a whole number"],
  ["boolean", "true or false"],
  ["object", "an object"],
  ["array", "a list"],
  ["null", "null"],
]);
const FORMATS = new Map([
  ["date-time", "a time such as 2026-11-21T09:00:00Z"],
  ["date", "a date such as 2026-11-21"],
  ["uri", "a URI such as https://example.com/a"],
  ["uuid", "a UUID such as 3f0d5c1e-7a52-4d0a-9f57-0c8f3f6a2b11"],
]);
const NAMES_MAX = 30;

const DESCRIBE = new Map<string, Describe>([
  ["type", ({ params }) => `must be ${describeTypes(params["type"])}`],
  [
    "format",
    ({ params }) => `must be ${FORMATS.get(String(params["format"])) ?? `of the format ${params["format"]}`}`,
  ],
  ["pattern", describePattern],
  [
    "minLength",
    ({ params }) =>
      params["limit"] === 1 ? "must not be empty" : `must have at least ${count(params, "character")}`,
  ],
  ["maxLength", ({ params }) => `must have at most ${count(params, "character")}`],
  ["minItems", ({ params }) => `must list at least ${params["limit"]}`],
  ["maxItems", ({ params }) => `must list at most ${params["limit"]}`],
  ["uniqueItems", () => "must list nothing twice"],
  ["minProperties", describeTooEmpty],
  ["maxProperties", ({ params }) => `must have at most ${count(params, "field")}`],
  ["additionalProperties", describeUnknown],
  ["propertyNames", ({ params }) => `must have no field called "${params["propertyName"]}"`],
  ["minimum", ({ params }) => `must be at least ${params["limit"]}`],
  ["maximum", ({ params }) => `must be at most ${params["limit"]}`],
  ["exclusiveMinimum", ({ params }) => `must be more than ${params["limit"]}`],
  ["exclusiveMaximum", ({ params }) => `must be less than ${params["limit"]}`],
  ["multipleOf", ({ params }) => `must be a multiple of ${params["multipleOf"]}`],
]);

/** "must be ..." */
export function describeFault(fault: Fault): string {
  return DESCRIBE.get(fault.keyword)?.(fault) ?? fault.message ?? "is malformed";
}

function describeTypes(type: unknown): string {
  const types = Array.isArray(type) ? type : [type];
  return types.map((name) => TYPES.get(String(name)) ?? String(name)).join(" or ");
}

function describePattern({ params, parentSchema }: Fault): string {
  const [example] = (parentSchema?.["examples"] as unknown[] | undefined) ?? [];
  if (typeof example === "string") return `must be of the form of ${example}`;
  return `must match the pattern ${params["pattern"]}`;
}

/** A change must name at least one field. */
function describeTooEmpty({ params, parentSchema }: Fault): string {
  const names = namesOf(parentSchema);
  if (params["limit"] !== 1 || names.length === 0) return `must have at least ${count(params, "field")}`;
  return `must have at least one of ${listNames(names)}`;
}

function count({ limit }: Fault["params"], noun: string): string {
  return `${limit} ${noun}${limit === 1 ? "" : "s"}`;
}

/** Finds the known name that a misspelled name probably means. */
function describeUnknown({ parentSchema }: Fault): string {
  const names = namesOf(parentSchema);
  return names.length === 0 ? "is not known here" : `is not known here, only ${listNames(names)}`;
}

function namesOf(schema: Fault["parentSchema"]): string[] {
  return Object.keys((schema?.["properties"] as object | undefined) ?? {});
}

function listNames(names: readonly string[]): string {
  return (names.length > NAMES_MAX ? [...names.slice(0, NAMES_MAX), "..."] : names).join(", ");
}
