// E-mail addresses in the one form in which they are kept, compared, counted and written to: one mailbox is one text, and one
// text is one mailbox, never a list. What no mail server delivers to one place, or what looks like another's, is no address.
import { domainToASCII, domainToUnicode } from "node:url";
import { invalidField } from "./app-error.ts";

/** Octets (RFC 5321, 4.5.3.1, and what is left of a path of 256 between its brackets). */
const LOCAL_LENGTH_MAX = 64;
const ADDRESS_LENGTH_MAX = 254;

/** Control, format, private and unassigned characters, halves of pairs, line separators: nobody sees that they are there. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** A dot-atom (RFC 5322), of letters of other scripts too (RFC 6532). Quoted names and comments are other spellings of one. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+)*$/u;
/** Before IDNA maps it: Node's function reads it as the host of a URL, of which there is more. */
const DOMAIN = /^[\p{L}\p{M}\p{N}\u00b7\u30fb\u05f3\u05f4\u3002.-]+$/u;
/** Two labels at least, the last no number: `[127.0.0.1]` and `localhost` receive no mail from outside. */
const ASCII_DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ENCODED = /^..--/;

/** The scripts of living languages (UAX 31, table 5). */
const SCRIPTS =
  "Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hangul Han Hebrew Hiragana " +
  "Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan";
/** Which are written together (UTS 39, "highly restrictive"). */
const MIXTURES = ["Latin Han Hiragana Katakana", "Latin Han Bopomofo", "Latin Han Hangul"];
const WRITINGS = [...MIXTURES, ...SCRIPTS.split(" ")].map((scripts) => {
  const letters = scripts.split(" ").map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${letters.join("")}\\p{Script=Common}\\p{Script=Inherited}]*$`, "u");
});

/**
 * The address as it is kept: its name as it was written, its domain in ASCII (IDNA) and lower case.
 * @throws AppError `invalid/invalid_request` naming the field
 */
export function readEmailAddress(input: string, field = "email"): string {
  const address = parseEmailAddress(input);
  if (address === undefined) throw invalidField(field, "must be an e-mail address, of one mailbox");
  return address;
}

/** Undefined where it is no address. */
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
 * The mailbox of an address that was read, as it is compared. Case does not count: no mail server gives two people addresses
 * that differ by it, and attackers would register the other one.
 */
export function mailboxOf(address: string): string {
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

/** Encoded only where it has to be, and of letters that belong together: `еxample` with a Cyrillic е is not. */
function isHonest(label: string, shown: string): boolean {
  return ENCODED.test(label) ? shown !== label && isOneWriting(shown) : shown === label;
}

function isOneWriting(text: string): boolean {
  return WRITINGS.some((writing) => writing.test(text));
}
