import { hash } from "bcryptjs";
import { expect, it } from "vitest";
import { createPasswordHasher } from "./hash-password.ts";

it("V6.3.8 as long as bcrypt hashes are in use, every failure does the same work: an unknown name's, a new hash's, an old one's", async () => {
  let computed = 0;
  const {
    verify,
    hash: hashToday,
    expectKinds,
  } = createPasswordHasher({
    run: (compute) => {
      computed += 1;
      return compute();
    },
  });
  const imported = (await hash("correct horse", 4)).replace(/^\$2[aby]/, "$2y");
  const today = await hashToday("correct horse");
  const work = async (password: string, stored: string | null) => {
    computed = 0;
    return [await verify(password, stored), computed];
  };
  expect(await work("wrong", null)).toEqual([false, 1]);
  expectKinds([imported]);
  for (const stored of [null, today, imported]) expect(await work("wrong", stored)).toEqual([false, 2]);
  for (const stored of [today, imported]) expect(await work("correct horse", stored)).toEqual([true, 1]);
  const long = await hash("p".repeat(72), 4);
  expect(await work("p".repeat(73), long)).toEqual([false, 2]);
});
