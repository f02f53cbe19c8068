// What all bodies under way may hold in memory together, however many connections send one. Beyond it the largest that
// is not yet whole is given up: a small one never pays for those that are sent by halves and left.
import type { IncomingMessage, ServerResponse } from "node:http";
import { findLargest } from "../find-largest.ts";
import type { Dropped } from "../operations/metrics.ts";

export interface BodyBudget {
  /** Counts the body of a request from now on until its answer is sent. */
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

  /** Whether there was one that is not whole. */
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
