// A socket to PostgreSQL that gathers what is written in one turn into one system call. postgres.js writes every larger
// statement by itself, and each write wakes the server process, which then finds a part of the batch and waits for the
// next: a dozen wake-ups for a batch instead of two.
import { connect, type Socket } from "node:net";

/** Where postgres.js would connect to: a socket file, or the first of its hosts. */
export interface ServerAddress {
  readonly path?: string | false | undefined;
  readonly host: readonly string[];
  readonly port: readonly number[];
}

/** Still connecting: what is written meanwhile waits, and failure arrives as the events `error` and `close`. */
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
