// E-mail addresses in the one form in which they are kept and written to, and the mailbox they lead to, by which they are
// compared and counted. One address is one mailbox, never a list. Refused: addresses that no mail server delivers to one place,
// or that look like somebody else's.
import { domainToASCII, domainToUnicode } from "node:url";
import { invalidField } from "./app-error.ts";
import { INVISIBLE, isOneWriting } from "./writing.ts";

/** Octets (RFC 5321, 4.5.3.1, and what remains of a path of 256 between its brackets). */
const LOCAL_LENGTH_MAX = 64;
const ADDRESS_LENGTH_MAX = 254;

/** A dot-atom (RFC 5322), also with letters of other scripts (RFC 6532). Quoted names and comments only spell it differently. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+)*$/u;
/** Checked before IDNA maps it: Node's function reads it as the host of a URL, which allows more. */
const DOMAIN = /^[\p{L}\p{M}\p{N}\u00b7\u30fb\u05f3\u05f4\u3002.-]+$/u;
/** At least two labels, the last not a number: `[127.0.0.1]` and `localhost` receive no mail from outside. */
const ASCII_DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ENCODED = /^..--/;
/** One provider under two names, which ignores dots. It says so itself, and has a third of all mailboxes. */
const GOOGLE: ReadonlySet<string> = new Set(["gmail.com", "googlemail.com"]);

/**
 * The address as it is kept: its local part as it was written, its domain in ASCII (IDNA) and lower case.
 * @throws AppError `invalid/invalid_request` naming the field
 */
export function readEmailAddress(input: string, field = "email"): string {
  const address = parseEmailAddress(input);
  if (address === undefined) throw invalidField(field, "must be an e-mail address, of one mailbox");
  return address;
}

/** Undefined where it is not a valid address. */
export function parseEmailAddress(input: string): string | undefined {
  if (INVISIBLE.test(input)) return undefined;
  const text = input.normalize("NFKC").trim();
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  if (!LOCAL.test(local) || Buffer.byteLength(local) > LOCAL_LENGTH_MAX || !isOneWriting(local))
    return undefined;
  const domain = parseDomain(text.slice(at + 1));
  if (domain === undefined) return undefined;
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) > ADDRESS_LENGTH_MAX ? undefined : address;
}

/**
 * Whether two addresses, both already read, are one address written differently. Case does not count: no mail server gives two
 * people addresses that differ only by case, and attackers would register the other one.
 */
export function isSameAddress(one: string, other: string): boolean {
  return foldCase(one) === foldCase(other);
}

/**
 * The mailbox that an address leads to, by which accounts and mails are counted: the part after a plus is a tag (RFC 5233), of
 * which the mailbox's owner can make up as many as they like. Do not send to it: mail goes to the address as it was given.
 */
export function mailboxOf(address: string): string {
  const folded = foldCase(address);
  const at = folded.lastIndexOf("@");
  const domain = folded.slice(at + 1);
  const name = folded.slice(0, at);
  const untagged = name.replace(/(?<=.)\+.*$/u, "");
  if (!GOOGLE.has(domain)) return `${untagged}@${domain}`;
  return `${untagged.replaceAll(".", "")}@gmail.com`;
}

function foldCase(address: string): string {
  return address.toLowerCase().normalize("NFKC");
}

function parseDomain(text: string): string | undefined {
  if (!DOMAIN.test(text)) return undefined;
  const domain = domainToASCII(text);
  if (!ASCII_DOMAIN.test(domain)) return undefined;
  const labels = domain.split(".");
  const shown = domainToUnicode(domain).split(".");
  return labels.every((label, index) => isHonest(label, shown[index] ?? "")) ? domain : undefined;
}

/** Encoded only where necessary, and only of letters that belong together: `еxample` with a Cyrillic е is refused. */
function isHonest(label: string, shown: string): boolean {
  return ENCODED.test(label) ? shown !== label && isOneWriting(shown) : shown === label;
}
