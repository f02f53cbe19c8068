// A client of streams of events for tests, by Server-Sent Events or WebSocket: gives one event after the other, and can leave
// them unread.
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";

type Json = ReturnType<typeof JSON.parse>;

export interface ReceivedEvent {
  /** Undefined for the last event. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Json;
}

export interface EventClient {
  /** The next event; undefined once the stream has ended. */
  readonly next: () => Promise<ReceivedEvent | undefined>;
  /** Events up to one of this kind, with it. */
  readonly until: (event: string) => Promise<ReceivedEvent[]>;
  /** Leaves what comes unread, or goes on reading. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => void;
}

export interface EventAsk {
  /** Of the program, by HTTP. */
  readonly url: string;
  readonly token: string | undefined;
  readonly query: string;
  readonly lastEventId?: string | undefined;
}

/** @throws Error with the body of the refusal */
export async function openEventSource({ url, token, query, lastEventId }: EventAsk): Promise<EventClient> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const asked = request(`${url}/api/v1/trading/stream?${query}`, { headers, agent: false });
  asked.on("error", () => undefined);
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  if (response.statusCode !== 200) throw new Error(await readAll(response));
  const queue = createQueue();
  let rest = "";
  response.on("data", (text: string) => {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) if (!block.startsWith(":")) queue.push(parseBlock(block));
  });
  response.on("error", () => undefined);
  response.on("close", queue.end);
  return {
    ...queue,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close: () => void asked.destroy(),
  };
}

/** @throws Error with the body of the refusal */
export async function openEventSocket({ url, token, query }: EventAsk): Promise<EventClient> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/trading/stream?${query}`, { headers });
  const queue = createQueue();
  socket.on("message", (data) => {
    const { id, event, data: told } = JSON.parse(String(data));
    queue.push({ id, event, data: told });
  });
  socket.on("close", queue.end);
  const refused = Promise.withResolvers<never>();
  socket.on("unexpected-response", (_request, response) => {
    readAll(response).then((body) => refused.reject(new Error(body)), refused.reject);
  });
  socket.on("error", refused.reject);
  await Promise.race([once(socket, "open"), refused.promise]);
  return {
    ...queue,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(),
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of response) body += part;
  return body;
}

function parseBlock(block: string): ReceivedEvent {
  const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
  return {
    id: fields.get("id"),
    event: fields.get("event") ?? "",
    data: JSON.parse(fields.get("data") ?? "null"),
  };
}

function createQueue() {
  const events: ReceivedEvent[] = [];
  const waiting: ((event: ReceivedEvent | undefined) => void)[] = [];
  let isEnded = false;
  const next = (): Promise<ReceivedEvent | undefined> => {
    const event = events.shift();
    if (event !== undefined || isEnded) return Promise.resolve(event);
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    next,
    push: (event: ReceivedEvent) => {
      const tell = waiting.shift();
      if (tell === undefined) events.push(event);
      else tell(event);
    },
    end: () => {
      isEnded = true;
      for (const tell of waiting.splice(0)) tell(undefined);
    },
    until: async (event: string) => {
      const seen: ReceivedEvent[] = [];
      for (;;) {
        const one = await next();
        if (one === undefined) throw new Error(`the stream ended before ${event}: ${JSON.stringify(seen)}`);
        seen.push(one);
        if (one.event === event) return seen;
      }
    },
  };
}
