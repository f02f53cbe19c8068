import { expect, test } from "vitest";
import {
  createSigner,
  openNote,
  readCheckpoint,
  readVerifierKey,
  signNote,
  writeCheckpoint,
} from "./signed-note.ts";

const signer = createSigner("example.org/log", Buffer.alloc(32, 9));
const checkpoint = { origin: "example.org/log", size: 42, root: Buffer.alloc(32, 5) };
const note = signNote(signer, writeCheckpoint(checkpoint));

test("a checkpoint is a signed note with origin, size and root", () => {
  expect(note).toMatch(
    /^example\.org\/log\n42\nBQUF[A-Za-z0-9+/]+=\n\n— example\.org\/log [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/,
  );
  const verifier = readVerifierKey(signer.verifierKey);
  expect(verifier).toBeDefined();
  if (verifier === undefined) return;
  expect(readCheckpoint(openNote(verifier, note) ?? "")).toEqual(checkpoint);
});

test("the known key of Go's sumdb/note is read, and its signature verifies", () => {
  // From the documentation of golang.org/x/mod/sumdb/note.
  const verifier = readVerifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const signed = [
    "If you think cryptography is the answer to your problem,",
    "then you don't know what your problem is.",
    "",
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
    "",
  ].join("\n");
  expect(verifier === undefined ? undefined : openNote(verifier, signed)).toContain("cryptography");
});

test("a note with any byte changed does not open", () => {
  const verifier = readVerifierKey(signer.verifierKey);
  if (verifier === undefined) throw new Error("the key was not read");
  const bytes = Buffer.from(note);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(openNote(verifier, changed.toString())).toBeUndefined();
  }
});

test("a key whose id is not its own is refused", () => {
  expect(readVerifierKey(signer.verifierKey.replace(/\+[0-9a-f]{8}\+/, "+00000000+"))).toBeUndefined();
  expect(readVerifierKey("no key")).toBeUndefined();
});
