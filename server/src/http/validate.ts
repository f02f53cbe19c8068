// Compiles the routes' schemas. Bodies are checked as they are: no coercion, no silent removal of unknown fields. Path,
// query and headers arrive as text and are coerced, ids too.
import { Ajv, type AnySchema, type Options, type SchemaValidateFunction, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { FastifySchemaCompiler, FastifySchemaValidationError } from "fastify";
import { parseId } from "../values/id.ts";
import { NO_ID } from "../values/read-input.ts";
import { formatStamp } from "../values/time.ts";
import { endOfDay, startOfDay } from "../values/time-zone.ts";

/** Marks a text as an id: the handler gets the number. */
export const READ_AS_ID = "x-id";

/** Marks a time that may be just a day: the handler gets its beginning (`start`) or end (`end`), in the shop's time zone. */
export const READ_DAY_AS = "x-day";

const OPTIONS: Options = {
  useDefaults: true,
  removeAdditional: false,
  allErrors: true,
  strict: false,
  verbose: true,
};

export function createValidatorCompiler({
  timeZone,
}: {
  readonly timeZone: string;
}): FastifySchemaCompiler<AnySchema> {
  // In a body 1e400 parses to Infinity, which is no number that could be kept or written back. (Not so for text: Ajv
  // coerces a thousand nines to Infinity and then, strict, skips the limits of numbers.)
  const forBodies = new Ajv({ ...OPTIONS, coerceTypes: false, strictNumbers: true });
  const forText = new Ajv({ ...OPTIONS, coerceTypes: "array" });
  for (const ajv of [forBodies, forText]) {
    addFormats.default(ajv);
    ajv.addKeyword({ keyword: READ_DAY_AS, type: "string", modifying: true, validate: readDayIn(timeZone) });
  }
  forText.addKeyword({ keyword: READ_AS_ID, type: "string", modifying: true, validate: readId });
  return ({ schema, httpPart }) => compileWhenUsed(httpPart === "body" ? forBodies : forText, schema);
}

/** Compiles at the schema's first use: compiling all of them at once would be a sixth of the start's time. */
function compileWhenUsed(ajv: Ajv, schema: AnySchema) {
  let compiled: ValidateFunction | undefined;
  const validate = (data: unknown): boolean => {
    compiled ??= ajv.compile(schema);
    const isValid = compiled(data);
    validate.errors = compiled.errors ?? null;
    return isValid;
  };
  validate.errors = null as FastifySchemaValidationError[] | null;
  return validate;
}

/** The keyword: replaces the text by its number. */
const readId: SchemaValidateFunction = (...[, text, , place]) => {
  const id = parseId(text);
  if (id === undefined) readId.errors = [{ keyword: READ_AS_ID, message: NO_ID, params: {} }];
  else if (place !== undefined) Object.assign(place.parentData, { [place.parentDataProperty]: id });
  return id !== undefined;
};

/** The keyword: replaces a day by a moment; other text is left to the code that reads times. */
function readDayIn(timeZone: string): SchemaValidateFunction {
  return (...[side, text, , place]) => {
    const stamp = side === "end" ? endOfDay(text, timeZone) : startOfDay(text, timeZone);
    if (stamp !== undefined && place !== undefined)
      Object.assign(place.parentData, { [place.parentDataProperty]: formatStamp(stamp) });
    return true;
  };
}
