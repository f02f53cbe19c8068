// A socket to PostgreSQL that gathers everything written in one turn into one system call. postgres.js writes every larger
// statement on its own, and each write wakes the server process, which then finds part of the batch and waits for the rest: a
// dozen wake-ups for a batch instead of two.
import { connect, type Socket } from "node:net";

/** The address that postgres.js would connect to: a socket file, or the first of its hosts. */
export interface ServerAddress {
  readonly path?: string | false | undefined;
  readonly host: readonly string[];
  readonly port: readonly number[];
}

/** Returned while still connecting: writes wait until then, and failure is reported by the events `error` and `close`. */
export function openGatheringSocket({ path, host, port }: ServerAddress): Socket {
  const [firstHost = "localhost"] = host;
  const [firstPort = 5432] = port;
  const socket =
    typeof path === "string"
      ? connect({ path })
      : connect({ host: firstHost, port: firstPort, noDelay: true });
  return gatherWrites(socket);
}

function gatherWrites(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  socket.write = (...args: unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  return socket;
}
