// Sends a request as it is, byte for byte: no URL is normalized, no header added but what HTTP needs.
import { Agent, request as openRequest } from "node:http";
import type { Answer } from "./check-problem.ts";

export interface HostileRequest {
  readonly method: string;
  /** Encoded as it is to be sent. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | undefined;
}

export interface Sender {
  readonly send: (request: HostileRequest) => Promise<Answer>;
  readonly close: () => void;
}

/** A sender that keeps its connections, as clients do: one request must not spoil the next on the same connection. */
export function openSender(url: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const { hostname, port } = new URL(url);
  const send = ({ method, path, token, headers, body }: HostileRequest) =>
    new Promise<Answer>((resolve, reject) => {
      const given = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        ...headers,
      };
      const outgoing = openRequest({ agent, hostname, port, method, path, headers: given }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers["content-type"] ?? "",
            requestId: String(incoming.headers["x-request-id"] ?? ""),
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return { send, close: () => agent.destroy() };
}
