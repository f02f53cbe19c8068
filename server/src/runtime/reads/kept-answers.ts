// What a process keeps of answers that it made, up to a total size; what was asked for longest ago is forgotten first. Whether
// something kept is still good is for its reader to judge.

export interface KeptAnswers<Key, Answer> {
  readonly get: (key: Key) => Answer | undefined;
  readonly set: (key: Key, answer: Answer) => void;
}

/** @param sizeOf in bytes, without the entry itself */
export function createKeptAnswers<Key, Answer>(
  bytesMax: number,
  sizeOf: (key: Key, answer: Answer) => number,
): KeptAnswers<Key, Answer> {
  const kept = new Map<Key, Answer>();
  let bytes = 0;

  function forget(key: Key): void {
    const answer = kept.get(key);
    if (answer === undefined) return;
    bytes -= sizeOf(key, answer) + ENTRY_BYTES;
    kept.delete(key);
  }

  return {
    get: (key) => {
      const answer = kept.get(key);
      if (answer === undefined) return undefined;
      kept.delete(key); // move to the end
      kept.set(key, answer);
      return answer;
    },
    set: (key, answer) => {
      forget(key);
      kept.set(key, answer);
      bytes += sizeOf(key, answer) + ENTRY_BYTES;
      for (const oldest of kept.keys()) {
        if (bytes <= bytesMax) break;
        forget(oldest);
      }
    },
  };
}

const ENTRY_BYTES = 300;
