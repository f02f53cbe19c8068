// Progress of a long reading whose steps differ: some count rows, others are a single statement.

export interface CountUp {
  /** This many more rows were read. */
  readonly add: (rows: number) => void;
  /** At least this share of the whole is done, whatever was counted. */
  readonly reach: (share: number) => void;
}

/** Reports the rows done to `onProgress`, never fewer than before and never more than `of`. */
export function countUp(of: number, onProgress: ((done: number, of: number) => void) | undefined): CountUp {
  const total = Math.max(1, of);
  let done = 0;
  const move = (to: number) => {
    done = Math.max(done, Math.min(total, to));
    onProgress?.(done, total);
  };
  return { add: (rows) => move(done + rows), reach: (share) => move(Math.round(share * total)) };
}
