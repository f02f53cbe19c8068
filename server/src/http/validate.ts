// Compiles the routes' schemas. Bodies are taken as they are: no coercion, no silent removal of unknown fields. Path,
// query and headers arrive as text and are coerced, ids too.
import { Ajv, type AnySchema, type Options, type SchemaValidateFunction, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { FastifySchemaCompiler, FastifySchemaValidationError } from "fastify";
import { parseId } from "../values/id.ts";
import { NO_ID } from "../values/read-input.ts";

/** Marks a text that is an id: what the handler gets is the number. */
export const READ_AS_ID = "x-id";

const OPTIONS: Options = { useDefaults: true, removeAdditional: false, allErrors: true, strict: false };

export function createValidatorCompiler(): FastifySchemaCompiler<AnySchema> {
  // In a body 1e400 parses to Infinity, which is no number that could be kept or written back. (Not so for text: Ajv
  // coerces a thousand nines to Infinity and then, strict, skips the limits of numbers.)
  const forBodies = new Ajv({ ...OPTIONS, coerceTypes: false, strictNumbers: true });
  const forText = new Ajv({ ...OPTIONS, coerceTypes: "array" });
  for (const ajv of [forBodies, forText]) addFormats.default(ajv);
  forText.addKeyword({ keyword: READ_AS_ID, type: "string", modifying: true, validate: readId });
  return ({ schema, httpPart }) => compileWhenUsed(httpPart === "body" ? forBodies : forText, schema);
}

/** At the schema's first use: to compile all of them at once is a sixth of the time to start. */
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

/** The keyword: puts the number in place of its text. */
const readId: SchemaValidateFunction = (...[, text, , place]) => {
  const id = parseId(text);
  if (id === undefined) readId.errors = [{ keyword: READ_AS_ID, message: NO_ID, params: {} }];
  else if (place !== undefined) Object.assign(place.parentData, { [place.parentDataProperty]: id });
  return id !== undefined;
};
