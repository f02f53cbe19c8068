// Limits the memory that all request bodies being received may use together, however many connections there are. Beyond it the
// largest incomplete body is given up: so a small body never pays for large ones that are never finished.
import type { IncomingMessage, ServerResponse } from "node:http";
import { findLargest } from "../find-largest.ts";
import type { Dropped } from "../operations/metrics.ts";

export interface BodyBudget {
  /** Counts the body of a request, by its chunks, from now until its answer is sent. */
  readonly count: (request: IncomingMessage, response: ServerResponse) => (chunk: Buffer | string) => void;
  /** The same where somebody else reads the body. */
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

  const count: BodyBudget["count"] = (request, response) => {
    const body: Body = { request, bytes: 0 };
    bodies.add(body);
    response.once("close", () => release(body));
    return (chunk) => {
      if (!bodies.has(body)) return;
      body.bytes += chunk.length;
      held += chunk.length;
      while (held > bytesMax && dropLargest());
    };
  };

  /** Whether there was an incomplete one. */
  function dropLargest(): boolean {
    const largest = findLargest(bodies, ({ request, bytes }) => (request.complete ? -1 : bytes));
    if (largest === undefined || largest.request.complete) return false;
    release(largest);
    onDropped("bodies");
    largest.request.destroy();
    return true;
  }

  return {
    count,
    watch: (request, response) => void request.on("data", count(request, response)),
    held: () => held,
  };
}
