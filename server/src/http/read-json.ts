// Reads JSON bodies: what a body must not have though JSON allows it (check-json.ts), and which text idempotency remembers.
import { isUtf8 } from "node:buffer";
import type { FastifyRequest } from "fastify";
import { AppError } from "../values/app-error.ts";
import { checkJson } from "./check-json.ts";
import type { HttpServer } from "./http-server.ts";

/** Reads the bytes of a JSON body: keeps its text in `request.bodyText`, and gives what was parsed. */
export type ReadJson = (
  request: FastifyRequest,
  bytes: Buffer,
  done: (error: Error | null, body?: unknown) => void,
) => void;

/**
 * Parses JSON as the framework does (poisoned prototypes refused) and keeps the text, which idempotency remembers and
 * parses again: without a byte order mark, which the framework's parser alone would forgive.
 */
export function createJsonReader(server: HttpServer): ReadJson {
  const parse = server.getDefaultJsonParser("error", "error");
  return (request, bytes, done) => {
    if (!isUtf8(bytes)) return done(notUtf8());
    const text = bytes.toString().replace(/^\uFEFF/, "");
    request.bodyText = text;
    if (text === "") return done(null, undefined); // allow-empty-body.ts says what it means
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

/** Read all the same, every byte at fault would become one and the same character, and be kept so. */
function notUtf8(): AppError {
  return new AppError("invalid", "invalid_json", { message: "the body is not valid UTF-8" });
}

/** Valid JSON that was refused all the same has a name in it that would change what every object is. */
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
