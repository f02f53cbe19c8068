// A client of the stream for tests: sends commands, finds each answer by its id, and tells how the stream ended.
import { once } from "node:events";
import { WebSocket } from "ws";

export interface StreamAnswer {
  readonly id: string | number | null;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The parsed JSON, of any shape: the test asserts what came. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface StreamClient {
  readonly socket: WebSocket;
  /** What the server said first. */
  readonly hello: { readonly credit: number; readonly message_max_bytes: number };
  /** Rejects where the stream ends without an answer. */
  readonly ask: (
    op: string,
    more?: { key?: string; body?: unknown; token?: string },
  ) => Promise<StreamAnswer>;
  /** Sends a text as it is; resolves with the next answer that has this id. */
  readonly askText: (id: string | number | null, text: string) => Promise<StreamAnswer>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** @param url of the program, by HTTP @throws Error with status and body of the refusal */
export async function openStreamClient(
  url: string,
  token: string | undefined,
  { protocols = [], headers = {} }: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<StreamClient> {
  const given = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/stream`, protocols, {
    headers: { ...given, ...headers },
  });
  const waiting = new Map<string | number | null, PromiseWithResolvers<StreamAnswer>>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.on("close", (code, reason) => {
    closed.resolve({ code, reason: reason.toString() });
    for (const { reject } of waiting.values()) reject(new Error(`the stream closed with ${code}`));
  });
  const hello = Promise.withResolvers<StreamClient["hello"]>();
  socket.on("error", (error) => hello.reject(error));
  socket.on("unexpected-response", (_request, response) => {
    let text = "";
    response.on("data", (chunk) => {
      text += chunk;
    });
    response.on("end", () => hello.reject(new Error(`${response.statusCode} ${text}`)));
  });
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    if (message.open !== undefined) return hello.resolve(message.open);
    const [only] = waiting.size === 1 ? waiting.keys() : [];
    const id = message.id ?? only ?? null; // of a message whose id could not be read, where it can be no other's
    waiting.get(id)?.resolve(message);
    waiting.delete(id);
  });
  let count = 0;
  const askText = (id: string | number | null, text: string) => {
    const answer = Promise.withResolvers<StreamAnswer>();
    if (socket.readyState !== socket.OPEN) return Promise.reject(new Error("the stream is closed"));
    waiting.set(id, answer);
    socket.send(text);
    return answer.promise;
  };
  const client = {
    socket,
    askText,
    ask: (op: string, more = {}) => {
      count += 1;
      return askText(count, JSON.stringify({ id: count, op, ...more }));
    },
    closed: closed.promise,
  };
  return { ...client, hello: await hello.promise };
}

export async function closeStream({ socket }: StreamClient): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  socket.close();
  await once(socket, "close");
}
