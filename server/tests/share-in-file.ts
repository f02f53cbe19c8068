// What all tests of a file work on: opened before the first of them, closed after the last.
import { afterAll } from "vitest";

type Opened = { readonly close: () => Promise<unknown> } | { readonly stop: () => Promise<unknown> };

/** At the top of a test file: `const bank = await shareInFile(openTestPayments())`. What is opened last is closed first. */
export async function shareInFile<Shared extends Opened>(opening: Promise<Shared>): Promise<Shared> {
  const opened = await opening;
  afterAll(() => ("stop" in opened ? opened.stop() : opened.close()));
  return opened;
}
