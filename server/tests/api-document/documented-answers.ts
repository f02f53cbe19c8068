// Whether answers are what the document says: nothing missing, nothing of another form, and no member that it does not name,
// which may be something of ours that nobody was meant to see.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Json } from "./valid-requests.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is wrong with the answer of the operation at `path`, a template of the document: "/api/v1/orders/{id}". */
export type AnswerJudge = (method: string, path: string, answer: Answer) => string[];

export function judgeAnswers(document: Json): AnswerJudge {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const closed = close(document) as Json;
  ajv.addSchema({ $id: "document", ...closed });
  const known = new Map<string, ValidateFunction>();
  return (method, path, { status, body }) => {
    const pointer = ["paths", path, method, "responses", String(status), "content", "application/json"];
    const content = pointer.reduce<Json | undefined>((node, key) => node?.[key] as Json | undefined, closed);
    if (content === undefined) return [`${method} ${path}: no answer ${status} is documented`];
    const where = [...pointer, "schema"].map((step) =>
      encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")),
    );
    const reference = `document#/${where.join("/")}`;
    const validate = known.get(reference) ?? ajv.compile({ $ref: reference });
    known.set(reference, validate);
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${method} ${path} ${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** The same with every object closed that says which members it has, except the parts of an `allOf`. */
function close(node: unknown, isPart = false): unknown {
  if (Array.isArray(node)) return node.map((child) => close(child, isPart));
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, child]) => [key, close(child, key === "allOf")]);
  const copy = Object.fromEntries(entries) as Json;
  const isOpen = copy["type"] === "object" && copy["properties"] !== undefined && !isPart;
  return isOpen && copy["additionalProperties"] === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}
