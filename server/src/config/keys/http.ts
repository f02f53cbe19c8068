// The settings of its HTTP server.
import type { ConfigKey } from "../key.ts";

export const HTTP_KEYS = [
  {
    name: "HOST",
    group: "HTTP",
    type: "string",
    default: "127.0.0.1",
    description: "Address to listen on; 0.0.0.0 opens the port to other machines.",
  },
  {
    name: "PORT",
    group: "HTTP",
    type: "integer",
    minimum: 0,
    maximum: 65_535,
    default: "8000",
    description: "Port to listen on; 0 takes any free one.",
  },
  {
    name: "BODY_LIMIT_BYTES",
    group: "HTTP",
    type: "integer",
    minimum: 1_024,
    maximum: 67_108_864,
    default: "4194304",
    description: "Largest accepted request body.",
  },
  {
    name: "REQUEST_TIMEOUT_MS",
    group: "HTTP",
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    default: "30000",
    description: "Time a client has to send a whole request, and a statement to run in the database.",
  },
  {
    name: "SHUTDOWN_TIMEOUT_MS",
    group: "HTTP",
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    default: "15000",
    description: "Time that requests under way have to finish at shutdown.",
  },
] as const satisfies readonly ConfigKey[];
