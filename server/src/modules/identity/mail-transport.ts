// How mails leave: over SMTP, or, where none is configured, into a mailbox in memory that /dev/mailbox shows while
// developing.
import { createTransport } from "nodemailer";
import type { Log } from "../../runtime/log.ts";
import type { Mail } from "./mail-template.ts";

export interface MailTransport {
  /** Rejects where the mail was not taken. */
  readonly send: (mail: Mail) => Promise<void>;
  readonly close: () => void;
}

export interface Mailbox extends MailTransport {
  /** Newest first. */
  readonly mails: () => readonly (Mail & { readonly sent_at: string })[];
}

const MAILBOX_SIZE = 100;
const TIMEOUT_MS = 15_000;

export function createSmtpTransport(url: string, from: string): MailTransport {
  const limits = {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = createTransport({ url, pool: true, maxConnections: 2, ...limits });
  return {
    send: async (mail) => {
      await transport.sendMail({ from, ...mail });
    },
    close: () => transport.close(),
  };
}

/** The log says that a mail was written, never what stands in it. */
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
