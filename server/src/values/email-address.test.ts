import fc from "fast-check";
import { expect, it } from "vitest";
import { isSameAddress, mailboxOf, parseEmailAddress, readEmailAddress } from "./email-address.ts";

it.each([
  ["nora@example.com", "nora@example.com"],
  ["  Nora.Doe+shop@Example.COM ", "Nora.Doe+shop@example.com"],
  ["o'hara_%1@sub-1.example.co", "o'hara_%1@sub-1.example.co"],
  ["nora@BÜCHER.example", "nora@xn--bcher-kva.example"],
  ["nora@xn--bcher-kva.example", "nora@xn--bcher-kva.example"],
  ["ｎｏｒａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "nora@example.com"],
  ["nora@例え。テスト", "nora@xn--r8jz45g.xn--zckzah"],
  ["jörg@example.com", "jörg@example.com"],
  ["дима@почта.рф", "дима@xn--80a1acny.xn--p1ai"],
])("F6-21 reads %s", (input, address) => {
  expect(parseEmailAddress(input)).toBe(address);
});

it.each([
  ["a list", "nora@example.com,root"],
  ["a list", "nora@example.com;root@example.com"],
  ["two addresses", "nora@example.com root@example.com"],
  ["two at signs", "nora@root@example.com"],
  ["a name before it", "Nora <nora@example.com>"],
  ["an opening bracket", "<x@example.com"],
  ["a closing bracket", "nora@example.com>"],
  ["a quote", '"x@example.com'],
  ["a quoted name", '"nora"@example.com'],
  ["a comment", "nora(home)@example.com"],
  ["a comment", "nora@example.com (home)"],
  ["a comment", "nora@(home)example.com"],
  ["a backslash", "no\\ra@example.com"],
  ["a control character", "nora\u0000@example.com"],
  ["a line break", "nora@example.com\r\nBcc: root@example.com"],
  ["a line break at its end", "nora@example.com\n"],
  ["a tab", "\tnora@example.com"],
  ["a format character", "no\u200dra@example.com"],
  ["a soft hyphen", "nora@exam\u00adple.com"],
  ["a mark that turns the text around", "nora@example.com\u202e"],
  ["a filler", "nora\u3164@example.com"],
  ["half a pair", "nora\ud800@example.com"],
  ["half a pair", "nora@\udc00example.com"],
  ["a line separator", "nora\u2028@example.com"],
  ["Cyrillic among Latin", "nora@ex\u0430mple.com"],
  ["Cyrillic among Latin, encoded", "nora@xn--exmple-4nf.com"],
  ["Cyrillic among Latin, in its name", "n\u043era@example.com"],
  ["Greek among Latin", "nora@g\u03bfogle.com"],
  ["what only seems encoded", "nora@xn--a.com"],
  ["an escape", "nora@ex%61mple.com"],
  ["a path", "nora@example.com/root"],
  ["a port", "nora@example.com:25"],
  ["an address of the network", "nora@127.0.0.1"],
  ["an address of the network", "nora@[127.0.0.1]"],
  ["an address of the network, short", "nora@1.2"],
  ["one label", "nora@localhost"],
  ["a dot at the end", "nora@example.com."],
  ["two dots", "nora@example..com"],
  ["two dots", "no..ra@example.com"],
  ["a dot first", ".nora@example.com"],
  ["a dot last", "nora.@example.com"],
  ["a hyphen first", "nora@-example.com"],
  ["an underscore", "nora@exam_ple.com"],
  ["no name", "@example.com"],
  ["no domain", "nora@"],
  ["no at sign", "nora"],
  ["a name too long", `${"n".repeat(65)}@example.com`],
  ["a label too long", `nora@${"e".repeat(64)}.com`],
  ["all too long", `nora@${"example.".repeat(32)}com`],
])("F6-21 takes nothing with %s for an address: %j", (_, input) => {
  expect(parseEmailAddress(input)).toBeUndefined();
  expect(() => readEmailAddress(input)).toThrow("must be an e-mail address");
});

it.each([
  ["nora+shop@example.com", "nora@example.com"],
  ["Nora+a+b@Example.com", "nora@example.com"],
  ["nora+@example.com", "nora@example.com"],
  ["+nora@example.com", "+nora@example.com"],
  ["no.ra@example.com", "no.ra@example.com"],
  ["nora-shop@example.com", "nora-shop@example.com"],
  ["N.o.ra+shop@googlemail.com", "nora@gmail.com"],
  ["no.ra@gmail.com", "nora@gmail.com"],
  ["no.ra@gmail.com.example", "no.ra@gmail.com.example"],
  ["jo\u0308rg+x@B\u00dcCHER.example", "j\u00f6rg@xn--bcher-kva.example"],
])("F6-21 %s leads to %s", (address, mailbox) => {
  const read = readEmailAddress(address);
  expect(mailboxOf(read)).toBe(mailbox);
  expect(mailboxOf(mailboxOf(read))).toBe(mailbox);
});

it("F6-21 another tag is another address of the same mailbox", () => {
  expect(isSameAddress("Nora@example.com", "nora@example.com")).toBe(true);
  expect(isSameAddress("nora+shop@example.com", "nora@example.com")).toBe(false);
});

it("F6-21 what was read reads as itself, and holds nothing that a mail program would take for more than one address", () => {
  const parts = fc.constantFrom(...'noraNORA.@@example.com,;<>()"\\ \t\u0430\u00fc\u200d\u3002-_%+');
  const text = fc.oneof(
    fc.array(parts, { maxLength: 24 }).map((all) => all.join("")),
    fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })).map(([a, b]) => `${a}@${b}.com`),
  );
  fc.assert(
    fc.property(text, (input) => {
      const address = parseEmailAddress(input);
      if (address === undefined) return;
      expect(parseEmailAddress(address)).toBe(address);
      expect(mailboxOf(address)).toBe(mailboxOf(parseEmailAddress(address.toUpperCase()) ?? ""));
      expect(address).not.toMatch(/[\s,;:<>()[\]"\\\p{C}]/u);
      expect(address.split("@")).toHaveLength(2);
    }),
    { numRuns: 5_000 },
  );
});
