import { expect, test } from "vitest";
import { formatCursor, readCursor } from "./cursor.ts";

test("a cursor gives back the id that it was made of", () => {
  for (const id of [1, 1023, 1_795_424_400_123_456, Number.MAX_SAFE_INTEGER])
    expect(readCursor(formatCursor(id) ?? "")).toBe(id);
  expect(formatCursor(undefined)).toBeNull();
  expect(readCursor(undefined)).toBeUndefined();
});

test("anything else is refused by name", () => {
  const almost = `${formatCursor(1023)}=`;
  const text = Buffer.from("1e3").toString("base64url");
  const tooLarge = Buffer.from("99999999999999999").toString("base64url");
  for (const cursor of ["", "1023", "***", almost, ` ${formatCursor(1023)}`, text, tooLarge])
    expect(() => readCursor(cursor), cursor).toThrow(/^cursor: /);
  const cut = formatCursor(1_795_424_400_123_456)?.slice(0, -4);
  expect(() => readCursor(cut)).toThrow(/^cursor: /);
  expect(readCursor(formatCursor(1023, "asc") ?? "", "asc")).toBe(1023);
  for (const order of ["desc", ""])
    expect(() => readCursor(formatCursor(1023, "asc") ?? "", order)).toThrow(/in this order/);
});
