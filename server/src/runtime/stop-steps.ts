// What was started, to be undone step by step, last first.
export type StopSteps = (() => Promise<unknown>)[];

export async function runBackwards(steps: StopSteps): Promise<void> {
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
}
