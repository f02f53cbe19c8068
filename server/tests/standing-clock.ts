// A job's clock that stands until a test moves it on. It stands ahead of the database's clock, by which what the job looks
// for was written.

export interface StandingClock {
  readonly now: () => Date;
  readonly wait: (seconds: number) => void;
}

export function makeStandingClock(): StandingClock {
  let now = new Date(Date.now() + 600_000);
  return {
    now: () => now,
    wait: (seconds) => {
      now = new Date(now.getTime() + seconds * 1_000);
    },
  };
}
