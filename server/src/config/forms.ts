// The forms that text settings can have: a description in words, and how the text is read. Each text setting
// names its form, so that an error is found at once, and not by the code that uses the value when half of the program runs.
import { isIP } from "node:net";
import { parseEmailAddress } from "../values/email-address.ts";
import { parseKeyBytes } from "../values/key-bytes.ts";
import { isTimeZone } from "../values/time-zone.ts";
import { splitList } from "./split-list.ts";

export interface Form {
  /** For the table of all settings: "URL". */
  readonly name: string;
  /** The rest of a sentence that begins with the setting's name: "must be ...". */
  readonly must: string;
  /** The value to be stored; undefined where the text does not have this form. */
  readonly read: (text: string) => string | undefined;
}

const NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;
/** The name before the address, in quotes where it has characters with a meaning in a list of addresses. */
const MAILBOX = /^(?:"[^"\\\p{C}]+"|[^"\\<>(),:;@\p{C}]*)\s*<([^<>\s]+)>$/u;

/** A form that stores each value unchanged. */
function keep(name: string, must: string, isOfForm: (text: string) => boolean): Form {
  return { name, must, read: (text) => (isOfForm(text) ? text : undefined) };
}

function listOf(name: string, must: string, isOfForm: (part: string) => boolean): Form {
  const isList = (parts: readonly string[]) => parts.length > 0 && parts.every(isOfForm);
  return keep(name, must, (text) => isList(splitList(text)));
}

function isName(text: string): boolean {
  return NAME.test(text) && !/^[\d.]+$/.test(text);
}

/** As a browser sends it in Host, without the port. */
function isHost(text: string): boolean {
  return isName(text) || isIP(text) === 4 || (/^\[.+\]$/.test(text) && isIP(text.slice(1, -1)) === 6);
}

function isOrigin(text: string): boolean {
  const url = parseUrl(text, /^https?:$/);
  return url !== undefined && url.origin === text && isHost(url.hostname);
}

function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && !address.includes("%") && Number(bits ?? 0) <= (version === 4 ? 32 : 128);
}

/** The default's domain is localhost, which no mail from outside reaches. */
function isMailbox(text: string): boolean {
  const address = MAILBOX.exec(text)?.[1] ?? text;
  return parseEmailAddress(address.replace(/@localhost$/, "@localhost.localdomain")) !== undefined;
}

/** Undefined also where it names no host, or is changed by parsing: `new URL` removes blanks and line breaks. */
function parseUrl(text: string, protocol: RegExp): URL | undefined {
  if (/[\s\p{C}\\]/u.test(text) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text))
    return undefined;
  const url = new URL(text);
  return protocol.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

function isBaseUrl(text: string): boolean {
  const url = parseUrl(text, /^https?:$/);
  return url !== undefined && !/[?#]/.test(text) && url.username === "" && url.password === "";
}

const HTTP = "be a URL that begins with http:// or https://";

export const text = keep(
  "text",
  "be text without line breaks and control characters",
  (value) => !/\p{C}/u.test(value),
);

/** Text that is sent in a header. */
export const visible = keep("text", "be visible ASCII characters without blanks", (value) =>
  /^[\x21-\x7e]+$/.test(value),
);

export const httpUrl = keep("URL", HTTP, (value) => parseUrl(value, /^https?:$/) !== undefined);

/** A URL that paths are appended to. */
export const baseUrl = keep("URL", `${HTTP}, without user, ? and #`, isBaseUrl);

/** The URL of a page, or of an app on a phone. */
export const anyUrl = keep(
  "URL",
  "be a URL, such as https://shop.example.com/paid",
  (value) => parseUrl(value, /^(?!javascript:|data:|file:)/) !== undefined,
);

export const smtpUrl = keep(
  "URL",
  "be a URL that begins with smtp:// or smtps://",
  (value) => parseUrl(value, /^smtps?:$/) !== undefined,
);

export const listenHost = keep(
  "address",
  "be an address of this machine or a name of it, such as 127.0.0.1, 0.0.0.0, :: or localhost, without port",
  (value) => isIP(value) !== 0 || isName(value),
);

export const domain = keep("domain", "be a domain alone, such as example.com", isName);

export const hosts = listOf(
  "hosts",
  "list host names as clients send them, such as shop.example.com, without scheme, port and *",
  isHost,
);

export const origins = listOf(
  "origins",
  "list origins such as https://shop.example.com, each by name, without path and *",
  isOrigin,
);

export const networks = listOf("networks", "list addresses or networks such as 10.0.0.0/8 or ::1", isNetwork);

export const mailbox = keep(
  "mailbox",
  "be one e-mail address, such as shop@example.com or Shop <shop@example.com>",
  isMailbox,
);

export const folder = keep("folder", "be the path of a folder", (value) => !/\p{Cc}/u.test(value));

export const key32 = keep(
  "key",
  "be 32 bytes in base64, base64url or hex; make one with: openssl rand -base64 32",
  (value) => parseKeyBytes(value) !== undefined,
);

export const stripeKey = keep(
  "key",
  "be a secret key of Stripe (sk_... or rk_...), not a publishable one",
  (value) => /^[\x21-\x7e]+$/.test(value) && !/^pk_/.test(value),
);

export const webhookSecret = keep("key", "be a signing secret of Stripe, which begins with whsec_", (value) =>
  /^whsec_[\x21-\x7e]+$/.test(value),
);

/** A part of a path at Entra ID. */
export const directoryId = keep("id", "be an id or a domain: letters, digits, - and .", (value) =>
  /^[\w.-]+$/.test(value),
);

/** The name in signed notes (C2SP): no blank and no +, which separate their parts. */
export const logName = keep(
  "name",
  "be a name such as log.example.com, without blanks, + and scheme",
  (value) => /^(?![a-z]+:\/\/)[\x21-\x2a\x2c-\x7e]+$/i.test(value),
);

export const currency: Form = {
  name: "currency",
  must: "be a currency's code, such as EUR",
  read: (value) => (/^[a-z0-9][a-z0-9_.:-]{0,63}$/i.test(value) ? value.toUpperCase() : undefined),
};

export const language: Form = {
  name: "language tag",
  must: "be a language tag, such as de or pt-BR",
  read: (tag) => {
    try {
      const [canonical = ""] = Intl.getCanonicalLocales(tag);
      return /^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(canonical) ? canonical : undefined;
    } catch {
      return undefined; // not a valid one
    }
  },
};

export const timeZone = keep(
  "time zone",
  "be a name of the IANA database, such as Europe/Berlin or UTC",
  isTimeZone,
);
