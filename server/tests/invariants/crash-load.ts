// The client of the crash tests: it writes at full load, remembers what it sent and what was answered, and asks again with
// the same key where no answer came. It is the only one who writes, so it knows what must be there.
import { setTimeout as pause } from "node:timers/promises";
import type { Answer, ApiClient } from "./api-client.ts";

/** Before the next write after one that got no answer: else most writes would be those to a server that is not there. */
const BACK_OFF_MS = 10;

/** Small, fast and good enough to choose moments; the same seed chooses the same ones. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface Write {
  /** Its idempotency key, and the reference of what it makes. */
  readonly key: string;
  readonly body: object;
  /** Undefined while nobody has said what became of it. */
  outcome?: { readonly id: string } | { readonly refused: string };
}

export interface CrashLoad {
  /** Writes until `stop`, through failures, and resolves when all its requests have ended. */
  readonly run: (client: ApiClient, stop: AbortSignal) => Promise<void>;
  /** Asks again for everything that got no answer, until each has one. */
  readonly settle: (client: ApiClient) => Promise<void>;
  readonly writes: readonly Write[];
  /** Answers that no crash excuses. */
  readonly faults: readonly string[];
}

export interface WriteKind {
  readonly path: string;
  /** What to send under a key. */
  readonly describe: (key: string) => object;
  /** Of the keys; two loads on one server need two. */
  readonly prefix?: string;
  /** Requests under way at once. */
  readonly workers?: number;
}

/** Deposits to these accounts, and transfers between them. */
export function describeTransactions(
  accountIds: readonly string[],
  random: (below: number) => number,
): WriteKind {
  const pick = () => accountIds[random(accountIds.length)];
  return {
    path: "/transactions",
    describe: (key) => {
      const [from, to] = [pick(), pick()];
      const rest = { amount: 1 + random(400), currency: "JPY", reference: key };
      return from === to
        ? { type: "deposit", account_id: from, ...rest }
        : { type: "transfer", account_id: from, to_account_id: to, ...rest };
    },
  };
}

export function openCrashLoad({ path, describe, prefix = "write", workers = 48 }: WriteKind): CrashLoad {
  const writes: Write[] = [];
  const faults: string[] = [];

  function nextWrite(): Write {
    const key = `${prefix}-${writes.length}`;
    const write = { key, body: describe(key) };
    writes.push(write);
    return write;
  }

  async function send(client: ApiClient, write: Write): Promise<void> {
    const answer = await client.post(path, write.body, write.key).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return;
    const outcome = readOutcome(answer);
    if (outcome === undefined)
      faults.push(`${write.key} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    else write.outcome = outcome;
  }

  async function run(client: ApiClient, stop: AbortSignal): Promise<void> {
    const work = async () => {
      while (!stop.aborted) {
        const write = nextWrite();
        await send(client, write);
        if (write.outcome === undefined) await pause(BACK_OFF_MS);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  async function settle(client: ApiClient): Promise<void> {
    for (let open = findOpen(writes); open.length > 0 && faults.length === 0; open = findOpen(writes))
      await Promise.all(open.slice(0, 500).map((write) => send(client, write)));
  }

  return { run, settle, writes, faults };
}

function findOpen(writes: readonly Write[]): Write[] {
  return writes.filter((write) => write.outcome === undefined);
}

function readOutcome({ status, body }: Answer): Write["outcome"] {
  if (status === 201) return { id: body.id };
  return status === 422 || status === 409 ? { refused: body.code } : undefined;
}
