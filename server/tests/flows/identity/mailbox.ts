// The links in the mails that a program under test has written: /dev/mailbox shows them.
import { expect } from "vitest";
import type { TestApp } from "../../app.ts";

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly sent_at: string;
}

/** Newest first. Of several programs on one database any may have sent a mail: give all of them. */
export async function readMails(app: TestApp | readonly TestApp[], to: string): Promise<Mail[]> {
  const answers = await Promise.all([app].flat().map((each) => each.call("GET", "/dev/mailbox")));
  const mails = answers.flatMap(({ body }) => body.mails as Mail[]);
  return mails.filter((mail) => mail.to === to).toSorted((a, b) => b.sent_at.localeCompare(a.sent_at));
}

/** The token in the newest mail to this address whose link leads to "password/reset", say; not one of `known`. */
export async function awaitLink(
  app: TestApp | readonly TestApp[],
  to: string,
  wanted: string | { readonly path: string; readonly known: readonly string[] },
): Promise<string> {
  const { path, known } = typeof wanted === "string" ? { path: wanted, known: [] } : wanted;
  const link = new RegExp(`/auth/${path}\\?token=([\\w-]+)`);
  const find = async () =>
    (await readMails(app, to))
      .map(({ text }) => link.exec(text)?.[1])
      .find((token) => token !== undefined && !known.includes(token));
  await expect.poll(find, { timeout: 15_000 }).toBeDefined();
  return (await find()) ?? "";
}
