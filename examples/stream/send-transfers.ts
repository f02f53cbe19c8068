// Sends transfers on a stream: keeps as many under way as the server gives credit for, and after a lost connection sends again, under
// their old keys, those that had no answer. `node examples/stream/send-transfers.ts <url> <token> <from> <to> <count>`
import { setTimeout as pause } from "node:timers/promises";

interface Transfer {
  readonly key: string;
  readonly body: object;
}

interface Answer {
  readonly open?: { readonly credit: number };
  readonly id: number;
  readonly status: number;
  readonly body: { readonly code?: string };
}

const TRY_AGAIN = new Set([429, 503]);
const BACK_OFF_MS = 200;

/** Resolves with how many were answered how, when each of them has its answer. */
export async function sendTransfers(
  url: string,
  token: string,
  transfers: readonly Transfer[],
): Promise<Map<string, number>> {
  const left = new Map(transfers.map((transfer, id) => [id, transfer]));
  const outcomes = new Map<string, number>();
  while (left.size > 0) {
    await sendOnOneStream(url, token, { left, outcomes });
    if (left.size > 0) await pause(BACK_OFF_MS);
  }
  return outcomes;
}

interface Progress {
  /** Those without an answer, by the id of their command. */
  readonly left: Map<number, Transfer>;
  readonly outcomes: Map<string, number>;
}

/** Resolves when the stream ended, or nothing is left. */
function sendOnOneStream(url: string, token: string, { left, outcomes }: Progress): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const waiting = [...left.keys()];
  const socket = new WebSocket(url, ["countinghouse", `bearer.${token}`]);
  const sendNext = () => {
    const id = waiting.shift();
    const transfer = id === undefined ? undefined : left.get(id);
    if (transfer === undefined) return;
    socket.send(JSON.stringify({ id, op: "POST /transactions", key: transfer.key, body: transfer.body }));
  };
  socket.addEventListener("message", ({ data }) => {
    const { open, id, status, body }: Answer = JSON.parse(data);
    if (open !== undefined) {
      for (let count = 0; count < open.credit; count += 1) sendNext();
      return;
    }
    if (!TRY_AGAIN.has(status)) {
      left.delete(id);
      const outcome = body.code ?? "posted";
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (left.size === 0) socket.close();
    else sendNext();
    if (waiting.length === 0 && TRY_AGAIN.has(status)) socket.close(); // what is left is sent again on the next stream
  });
  socket.addEventListener("close", () => ended.resolve());
  socket.addEventListener("error", () => ended.resolve());
  return ended.promise;
}

async function run([
  url = "",
  token = "",
  from = "",
  to = "",
  count = "100",
]: readonly string[]): Promise<void> {
  const transfers = Array.from({ length: Number(count) }, (_, index) => ({
    key: `example-${from}-${index}`,
    body: { type: "transfer", account_id: from, to_account_id: to, amount: "0.01", currency: "EUR" },
  }));
  const outcomes = await sendTransfers(url, token, transfers);
  for (const [outcome, times] of outcomes) console.log(`${outcome}: ${times}`);
}

if (import.meta.main) await run(process.argv.slice(2));
