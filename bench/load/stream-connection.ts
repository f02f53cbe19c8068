// Slots that share streams: one stream for each customer, each with as many commands under way as it has slots.
import { WebSocket } from "ws";
import type { Connection, ConnectionEvents } from "./connection.ts";

export type OpenSlot = (slot: number, events: ConnectionEvents) => Promise<Connection>;

interface Shared {
  readonly socket: WebSocket;
  readonly slots: Map<number, ConnectionEvents>;
}

/** The slot `n` speaks on the stream of the token `n % tokens.length`; its messages have the id `n`. */
export function shareStreams(port: number, tokens: readonly string[]): OpenSlot {
  const streams = new Map<number, Promise<Shared>>();
  return async (slot, events) => {
    const customer = slot % tokens.length;
    const opening = streams.get(customer) ?? openShared(port, tokens[customer] ?? "");
    streams.set(customer, opening);
    const { socket, slots } = await opening;
    slots.set(slot, events);
    const close = () => {
      slots.delete(slot);
      if (slots.size === 0) socket.terminate();
    };
    return { send: (message) => socket.send(message), close };
  };
}

function openShared(port: number, token: string): Promise<Shared> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  const slots = new Map<number, ConnectionEvents>();
  const opening = Promise.withResolvers<Shared>();
  const fail = (error: Error) => {
    opening.reject(error);
    for (const { onFailure } of slots.values()) onFailure(error);
  };
  socket.on("error", fail);
  socket.on("close", (code) => fail(new Error(`the server closed the stream with ${code}`)));
  socket.on("message", (data: Buffer) => {
    const text = data.toString("latin1");
    const [, id, status] = /^\{"id":(\d+),"status":(\d+)/.exec(text) ?? [];
    if (id === undefined)
      opening.resolve({ socket, slots }); // the first message says that it is open
    else slots.get(Number(id))?.onResponse(Number(status), text);
  });
  return opening.promise;
}
