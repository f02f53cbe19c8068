// The steps that undo what was started, run one by one, last first.
export type StopSteps = (() => Promise<unknown>)[];

export async function runBackwards(steps: StopSteps): Promise<void> {
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
}
