// Checks whether an address is free, by listening there for a moment.
import { createServer } from "node:net";

/** The error code, such as EADDRINUSE; undefined where listening worked. */
export function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
