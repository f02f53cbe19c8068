// Looks for personal values that the chain has commitments to but that are no longer stored, though their subject was never
// forgotten: somebody deleted them without the program.
import type { Tx } from "../../../runtime/transaction.ts";
import { originSubjectOf, subjectOf } from "../entries/entry.ts";
import { type ExpectedValue, selectLostValues } from "../entries/personal-store.ts";
import type { EntryBody } from "../entries/write-body.ts";
import type { TrailFinding } from "./verify-chain.ts";

export interface ValueCheck {
  readonly note: (body: EntryBody, seq: number) => void;
  /** Looks up the commitments noted since the last call. */
  readonly findLost: () => Promise<TrailFinding[]>;
}

/** A person's address is on many entries: it is looked up once, and again only after this many others. */
const REMEMBERED_MAX = 50_000;

export function createValueCheck(tx: Tx): ValueCheck {
  const known = new Set<string>();
  let noted: ExpectedValue[] = [];

  function expect(commitment: string | undefined, value: Omit<ExpectedValue, "commitment">): void {
    if (commitment === undefined || known.has(commitment)) return;
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.add(commitment);
    noted.push({ ...value, commitment });
  }

  return {
    note: ({ actor_id: actorId, resource, origin, personal, at }, seq) => {
      const sender = originSubjectOf({ actorId, resource });
      expect(origin.ip, { subjectId: sender, name: "ip", at, seq });
      expect(origin.user_agent, { subjectId: sender, name: "user_agent", at, seq });
      if (personal === undefined) return;
      const subjectId = subjectOf({ actorId, resource });
      for (const [name, commitment] of Object.entries(personal))
        expect(commitment, { subjectId, name, at, seq });
    },
    findLost: async () => {
      if (noted.length === 0) return [];
      const lost = await selectLostValues(tx, noted);
      noted = [];
      return lost.map(({ seq, name }) => ({
        check: "value" as const,
        what: `the value ${name} of entry ${seq} is gone, though its subject was never forgotten`,
        seq,
      }));
    },
  };
}
