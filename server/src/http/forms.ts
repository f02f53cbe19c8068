// Forms, as OAuth 2 clients send them, and URL-escaped text: accepted only where they are valid UTF-8. Otherwise all invalid
// bytes would become the same character, and two different passwords would become one.
import { isUtf8 } from "node:buffer";
import { parse } from "node:querystring";
import { AppError, invalidField } from "../values/app-error.ts";
import type { HttpServer } from "./http-server.ts";

/** For the routes of this scope. A field that is named twice becomes a list, which is refused where text is expected. */
export function takeForms(scope: HttpServer, bodyLimit: number): void {
  const type = "application/x-www-form-urlencoded";
  scope.addContentTypeParser<Buffer>(type, { parseAs: "buffer", bodyLimit }, (_request, body, done) => {
    if (!isUtf8(body)) return done(notUtf8());
    const text = body.toString();
    const broken = findBroken(text);
    return broken === undefined ? done(null, parse(text)) : done(broken);
  });
}

function notUtf8(): AppError {
  return new AppError("invalid", "invalid_request", { message: "the body is not valid UTF-8" });
}

/** Names the first field of a form, or parameter of a query, that is not UTF-8. */
export function findBroken(text: string): AppError | undefined {
  if (!text.includes("%")) return undefined;
  const part = text.split("&").find((each) => !isEscapedUtf8(each));
  return part === undefined ? undefined : invalidField(part.split("=")[0] ?? "", "must be UTF-8");
}

/** Whether the bytes escaped as %C3%BC are UTF-8. A % before anything else stands for itself. */
function isEscapedUtf8(text: string): boolean {
  try {
    decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, "%25"));
    return true;
  } catch {
    return false;
  }
}
