// Reads JSON bodies: refuses what JSON allows and we do not (check-json.ts), and keeps the text for idempotency.
import { isUtf8 } from "node:buffer";
import type { FastifyRequest } from "fastify";
import { AppError } from "../values/app-error.ts";
import { checkJson } from "./check-json.ts";
import type { HttpServer } from "./http-server.ts";

/** Reads the bytes of a JSON body: keeps its text in `request.bodyText`, and returns the parsed body. */
export type ReadJson = (
  request: FastifyRequest,
  bytes: Buffer,
  done: (error: Error | null, body?: unknown) => void,
) => void;

/**
 * Parses JSON as the framework does (poisoned prototypes are refused) and keeps the text, which idempotency stores and
 * parses again. The text has no byte order mark, which only the framework's parser would accept.
 */
export function createJsonReader(server: HttpServer): ReadJson {
  const parse = server.getDefaultJsonParser("error", "error");
  return (request, bytes, done) => {
    if (!isUtf8(bytes)) return done(notUtf8());
    const text = bytes.toString().replace(/^\uFEFF/, "");
    request.bodyText = text;
    if (text === "") return done(null, undefined); // allow-empty-body.ts gives it a meaning
    parse(request, text, (error, value) => {
      if (error != null) return done(explainParseError(text, error), value);
      done(findJsonTrouble(text), value);
    });
  };
}

export function readJsonBodies(server: HttpServer, readJson: ReadJson): void {
  server.removeContentTypeParser("text/plain");
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) =>
    readJson(request, body as Buffer, done),
  );
}

/** Refuses invalid UTF-8: otherwise every invalid byte would become the same character, and be stored as such. */
function notUtf8(): AppError {
  return new AppError("invalid", "invalid_json", { message: "the body is not valid UTF-8" });
}

/** Valid JSON that the parser refuses has a name in it that would change the prototype of objects. */
function explainParseError(text: string, error: Error): Error {
  try {
    JSON.parse(text);
  } catch {
    return error;
  }
  return new AppError("invalid", "invalid_json", {
    message: 'the body must have no member called "__proto__", nor "constructor" with a "prototype" in it',
  });
}

function findJsonTrouble(text: string): Error | null {
  try {
    checkJson(text);
    return null;
  } catch (trouble) {
    return trouble as Error;
  }
}
