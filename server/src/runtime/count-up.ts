// How far a long reading is, where its steps are of different length: some count rows, others are one statement.

export interface CountUp {
  /** So many rows more. */
  readonly add: (rows: number) => void;
  /** At least this share of the whole is done, whatever was counted. */
  readonly reach: (share: number) => void;
}

/** Tells `onProgress` of rows done, never fewer than before and never more than `of`. */
export function countUp(of: number, onProgress: ((done: number, of: number) => void) | undefined): CountUp {
  const total = Math.max(1, of);
  let done = 0;
  const move = (to: number) => {
    done = Math.max(done, Math.min(total, to));
    onProgress?.(done, total);
  };
  return { add: (rows) => move(done + rows), reach: (share) => move(Math.round(share * total)) };
}
