// A supplier to try things on: a real HTTP server that keeps orders by their key, and stalls, drops, lies and recovers as
// it is told. Each request takes the next behaviour that was planned; without one it works as it should.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour =
  | "stall" // never answers
  | "drop" // closes the connection before it did anything
  | "drop_after" // does it, and closes the connection before it says so
  | "cut" // ends in the middle of its answer
  | "huge"
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly lie: object }
  | { readonly until: Promise<unknown> };

export interface VendorOrder {
  readonly id: string;
  readonly reference: string;
  status: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  shipment?: object;
}

export interface Vendor {
  readonly url: string;
  readonly orders: Map<string, VendorOrder>;
  readonly calls: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
  }[];
  /** What the next requests meet, in order. */
  readonly plan: (...behaviours: Behaviour[]) => void;
  readonly mostAtOnce: () => number;
  readonly stop: () => Promise<void>;
}

/** A token that a supplier could have given, good until `exp` (seconds since the epoch). */
export function makeVendorToken(exp = 4_102_444_800): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part({ sub: "shop", exp })}.c2lnbmF0dXJl`;
}

export async function startVendor(): Promise<Vendor> {
  const orders = new Map<string, VendorOrder>();
  const calls: Vendor["calls"] = [];
  const planned: Behaviour[] = [];
  let [underWay, most] = [0, 0];

  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    calls.push({ method, path, headers });
    most = Math.max(most, ++underWay);
    response.once("close", () => {
      underWay -= 1;
    });
    const behaviour = planned.shift();
    const body = await readBody(request);
    if (behaviour === "stall") return;
    if (behaviour === "drop") return void request.socket.destroy();
    if (typeof behaviour === "object" && "until" in behaviour) await behaviour.until;
    if (typeof behaviour === "object" && "status" in behaviour)
      return void response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? "");
    const answer = work({ method, path, headers }, body);
    if (behaviour === "drop_after") return void request.socket.destroy();
    send(response, answer, behaviour);
  });

  function work(
    { method, path, headers }: { method: string; path: string; headers: IncomingMessage["headers"] },
    body: string,
  ): { status: number; document: object } {
    const [, kind, name = "", more] = path.split("/").map(decodeURIComponent);
    if (kind === "products" && more === "availability")
      return name.startsWith("NO-")
        ? { status: 404, document: { detail: `no product ${name}` } }
        : { status: 200, document: { sku: name, available: 7, lead_time_days: 3 } };
    if (kind === "stock") {
      const { items } = JSON.parse(body);
      const answer = items.map(({ sku }: { sku: string }) => ({ sku, available: 7 }));
      return { status: 200, document: { items: answer } };
    }
    if (method === "POST") {
      const key = String(headers["idempotency-key"]);
      const order = orders.get(key) ?? { ...JSON.parse(body), id: `V-${randomUUID()}`, status: "accepted" };
      orders.set(key, order);
      return { status: 201, document: order };
    }
    const found = [...orders.values()].find(({ id }) => id === name);
    return found === undefined ? { status: 404, document: {} } : { status: 200, document: found };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders,
    calls,
    plan: (...behaviours) => {
      planned.push(...behaviours);
    },
    mostAtOnce: () => most,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(
  response: ServerResponse,
  { status, document }: { status: number; document: object },
  behaviour: Behaviour | undefined,
): void {
  const lie = typeof behaviour === "object" && "lie" in behaviour ? behaviour.lie : {};
  const text = JSON.stringify({ ...document, ...lie });
  response.writeHead(status, { "content-type": "application/json" });
  if (behaviour === "huge") return void response.end(`"${"x".repeat(2_000_000)}"`);
  if (behaviour !== "cut") return void response.end(text);
  response.write(text.slice(0, 10), () => response.socket?.destroy());
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
