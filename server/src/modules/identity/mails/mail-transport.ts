// How mails are sent: over SMTP, or, where no server is configured, into a mailbox in memory that /dev/mailbox shows in
// development.
import type { Log } from "../../../runtime/log.ts";
import type { Mail } from "./mail-template.ts";

export interface MailTransport {
  /** Rejects where the mail was not accepted. */
  readonly send: (mail: Mail) => Promise<void>;
  readonly close: () => void;
}

export interface Mailbox extends MailTransport {
  /** Newest first. */
  readonly mails: () => readonly (Mail & { readonly sent_at: string })[];
}

const MAILBOX_SIZE = 100;
const TIMEOUT_MS = 15_000;

/** The SMTP library is loaded with the first mail. */
export function createSmtpTransport(url: string, from: string): MailTransport {
  const limits = {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const open = async () => {
    const { createTransport } = await import("nodemailer");
    return createTransport({ url, pool: true, maxConnections: 2, ...limits });
  };
  let transport: ReturnType<typeof open> | undefined;
  return {
    send: async ({ to: address, ...mail }) => {
      transport ??= open();
      await (await transport).sendMail({ ...mail, from, to: { name: "", address } }); // as text, it would be parsed as a list
    },
    close: () => void transport?.then((opened) => opened.close()),
  };
}

/** The log says that a mail was written, never what it contains. */
export function createMailbox(log: Log): Mailbox {
  const mails: (Mail & { sent_at: string })[] = [];
  return {
    send: async (mail) => {
      mails.unshift({ ...mail, sent_at: new Date().toISOString() });
      mails.length = Math.min(mails.length, MAILBOX_SIZE);
      log.info({ "email.subject": mail.subject }, "mail written; /dev/mailbox shows it");
    },
    close: () => undefined,
    mails: () => mails,
  };
}
