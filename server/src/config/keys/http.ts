// The settings of the HTTP server.
import { listenHost, visible } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

const BYTES_ON_ALL_CONNECTIONS = {
  type: "integer",
  minimum: 1_048_576,
  maximum: 17_179_869_184,
  default: "67108864",
} as const;

export const HTTP_KEYS = [
  {
    name: "HOST",
    group: "HTTP",
    type: "string",
    form: listenHost,
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
    description:
      "Time a client has to send a whole request, or to take any more of its answer, and a statement to run in the database.",
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
  {
    name: "HTTP_CONNECTIONS_MAX",
    group: "HTTP",
    type: "integer",
    minimum: 10,
    maximum: 1_000_000,
    default: "5000",
    description: "Most connections of clients at once; more are closed as they come.",
  },
  {
    name: "HTTP_BODIES_MAX_BYTES",
    group: "HTTP",
    ...BYTES_ON_ALL_CONNECTIONS,
    description:
      "Most bytes of bodies under way on all connections together; beyond it the largest that is not yet whole is given up.",
  },
  {
    name: "HTTP_UNREAD_MAX_BYTES",
    group: "HTTP",
    ...BYTES_ON_ALL_CONNECTIONS,
    description:
      "Most bytes of answers that clients have not yet taken, all together; beyond it the connection with most of them is closed.",
  },
  {
    name: "HTTP_DIRECT",
    group: "HTTP",
    type: "boolean",
    default: "true",
    description:
      "Whether the routes that are asked most are served past the framework; false answers the same, more slowly.",
  },
  {
    name: "STREAM_CREDIT",
    group: "HTTP",
    type: "integer",
    minimum: 1,
    maximum: 8_192,
    default: "256",
    description: "Most commands under way on one stream; more wait, and are not read.",
  },
  {
    name: "STREAM_PER_CALLER",
    group: "HTTP",
    type: "integer",
    minimum: 0,
    maximum: 10_000,
    default: "16",
    description: "Most streams of one caller at once; 0 closes the door.",
  },
  {
    name: "STREAM_IDLE_MS",
    group: "HTTP",
    type: "integer",
    minimum: 100,
    maximum: 86_400_000,
    default: "600000",
    description: "Time after which a stream without a command is closed.",
  },
  {
    name: "METRICS_TOKEN",
    group: "HTTP",
    ...secret(visible),
    description: "Bearer token that /metrics asks for; unset, whoever reaches the address may read it.",
  },
  {
    name: "METRICS_HOST",
    group: "HTTP",
    type: "string",
    form: listenHost,
    default: "127.0.0.1",
    description: "Address at which METRICS_PORT listens.",
  },
  {
    name: "METRICS_PORT",
    group: "HTTP",
    type: "integer",
    minimum: 0,
    maximum: 65_535,
    default: undefined,
    description: "Port of /metrics alone, which PORT then does not serve; 0 takes any free one.",
  },
] as const satisfies readonly ConfigKey[];
