// Limits the memory that all request bodies being received may use together, however many connections there are. Beyond it the
// largest incomplete body is given up: so a small body never pays for large ones that are never finished.
import type { IncomingMessage, ServerResponse } from "node:http";
import { findLargest } from "../find-largest.ts";
import type { Dropped } from "../operations/metrics.ts";

export interface BodyBudget {
  /** Counts the body of a request from now until its answer is sent. */
  readonly watch: (request: IncomingMessage, response: ServerResponse) => void;
  /** Bytes held at the moment. */
  readonly held: () => number;
}

interface Body {
  readonly request: IncomingMessage;
  bytes: number;
}

export function createBodyBudget(bytesMax: number, onDropped: (reason: Dropped) => void): BodyBudget {
  const bodies = new Set<Body>();
  let held = 0;

  function release(body: Body): void {
    if (bodies.delete(body)) held -= body.bytes;
  }

  function watch(request: IncomingMessage, response: ServerResponse): void {
    const body: Body = { request, bytes: 0 };
    bodies.add(body);
    request.on("data", (chunk: Buffer | string) => {
      if (!bodies.has(body)) return;
      body.bytes += chunk.length;
      held += chunk.length;
      while (held > bytesMax && dropLargest());
    });
    response.once("close", () => release(body));
  }

  /** Whether there was an incomplete one. */
  function dropLargest(): boolean {
    const largest = findLargest(bodies, ({ request, bytes }) => (request.complete ? -1 : bytes));
    if (largest === undefined || largest.request.complete) return false;
    release(largest);
    onDropped("bodies");
    largest.request.destroy();
    return true;
  }

  return { watch, held: () => held };
}
