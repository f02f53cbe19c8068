import { afterAll, beforeAll, expect, it } from "vitest";
import { customer, keyed, openTestDesk, STAFF, type TestDesk } from "../../../tests/desk.ts";
import { expectRefusal } from "../../../tests/refusal.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { BookCommand } from "../desk/index.ts";
import { addCoupon } from "./change-coupon.ts";
import { type CouponTerms, NO_TERMS } from "./coupon.ts";
import { getCoupon, quoteCoupon } from "./find-coupons.ts";
import { claimDiscount, couponNeeds, returnUse, takeUse } from "./use-coupon.ts";
import { verifyCoupons } from "./verify-coupons.ts";

let ground: TestDesk;
/** A second process, as far as the book can tell. */
let other: TestDesk;
beforeAll(async () => {
  ground = await openTestDesk();
  other = await openTestDesk({ databaseUrl: ground.databaseUrl });
});
afterAll(async () => {
  await other.close();
  await ground.close();
});

let codeCount = 0;
async function add(terms: Partial<CouponTerms> = {}): Promise<string> {
  const code = `COUPON-${++codeCount}`;
  await inTransaction(ground.db, (tx) =>
    addCoupon(tx, { code, terms: { ...NO_TERMS, percent: 100_000, ...terms } }),
  );
  return code;
}

interface Use {
  readonly customerId?: string | null;
  readonly subtotalMinor?: bigint;
  readonly key?: string;
}
let orderCount = 0;

/** A command that takes a use for an order of 36.00 USD, unless told otherwise. */
function use(code: string, { customerId = "alice", subtotalMinor = 3_600n, key }: Use = {}): BookCommand {
  const claim = { code, customerId };
  const orderId = ++orderCount;
  const order = { currency: "USD", subtotalMinor, write: (minor: bigint) => `${minor} cents` };
  return {
    event: "test.use",
    actor: STAFF,
    key: key === undefined ? undefined : keyed(STAFF, key),
    scope: { accountIds: [], stampCount: 1 },
    needs: couponNeeds(claim),
    decide: (desk) => {
      const discount = claimDiscount(desk, claim, order);
      if (discount instanceof AppError) return discount;
      takeUse(desk, claim, orderId);
      return { answer: JSON.stringify({ discount: String(discount), orderId }), counted: [] };
    },
  };
}
const giveBack = (code: string, orderId: number, customerId = "alice"): BookCommand => ({
  event: "test.return",
  actor: STAFF,
  scope: { accountIds: [], stampCount: 1 },
  needs: couponNeeds({ code, customerId }),
  decide: (desk) => {
    returnUse(desk, { code, customerId }, orderId);
    return { answer: "{}", counted: [] };
  },
});
const usesOf = async (code: string) => (await getCoupon(ground.db, code)).used;

it("takes a percentage or an amount off, never more than the order is worth or the coupon allows, and counts the use", async () => {
  const discountOf = async (terms: Partial<CouponTerms>, fields: Use = {}) =>
    (await ground.carryOut(use(await add(terms), fields))).discount;
  expect(await discountOf({})).toBe("360");
  expect(await discountOf({ maximumDiscountMinor: 200n, currency: "USD" })).toBe("200");
  expect(await discountOf({ percent: null, amountMinor: 500n, currency: "USD" })).toBe("500");
  expect(await discountOf({ percent: null, amountMinor: 5_000n, currency: "USD" })).toBe("3600");
  const code = await add();
  await ground.carryOut(use(code));
  expect(await usesOf(code)).toBe(1);
});

it("refuses what its terms refuse, as asking for it does, and takes no use", async () => {
  const now = Date.now() * 1_000;
  const cases: readonly (readonly [Partial<CouponTerms>, string])[] = [
    [{ isActive: false }, "coupon_inactive"],
    [{ validFrom: now + 3_600_000_000 }, "coupon_not_yet_valid"],
    [{ validUntil: now - 3_600_000_000 }, "coupon_expired"],
    [{ minimumOrderMinor: 3_601n, currency: "USD" }, "coupon_minimum_not_reached"],
    [{ percent: null, amountMinor: 100n, currency: "EUR" }, "coupon_currency_mismatch"],
  ];
  const services = { db: ground.db, assets: ground.assets, defaultCurrency: "USD" };
  for (const [terms, refused] of cases) {
    const code = await add(terms);
    const refusal = { code: refused, details: { coupon_code: code, fields: [{ field: "coupon_code" }] } };
    await expectRefusal(ground.db, () => ground.carryOut(use(code)), refusal);
    const asking = quoteCoupon(services, customer("alice"), { code, subtotal: "36.00" });
    await expect(asking).rejects.toMatchObject(refusal);
  }
  await expectRefusal(ground.db, () => ground.carryOut(use("NOBODYS")), { code: "coupon_unknown" });
  const code = await add();
  expect(
    await quoteCoupon(services, customer("alice"), { code: ` ${code.toLowerCase()} `, subtotal: "36.00" }),
  ).toEqual({
    code,
    subtotal: "36.00",
    discount: "3.60",
    currency: "USD",
  });
});

it("refuses when all uses are taken, or all of a customer, who must be known; a use that is returned is free again", async () => {
  const code = await add({ usageLimit: 2, customerLimit: 1 });
  const { orderId } = await ground.carryOut(use(code));
  const refusal = (fields: Use, refused: string) =>
    expectRefusal(ground.db, () => ground.carryOut(use(code, fields)), { code: refused });
  await refusal({}, "coupon_already_used");
  await refusal({ customerId: null }, "coupon_needs_customer");
  await ground.carryOut(use(code, { customerId: "bob" }));
  await refusal({ customerId: "carol" }, "coupon_used_up");
  await ground.carryOut(giveBack(code, orderId));
  expect(await usesOf(code)).toBe(1);
  await ground.carryOut(use(code));
});

it("failure 22: of forty at two processes ten use a coupon that may be used ten times, and a repeated key takes one use", async () => {
  const code = await add({ usageLimit: 10 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? ground : other).carryOut(use(code, { customerId: `buyer ${index}` })),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  expect(await usesOf(code)).toBe(10);
  const once = await add();
  const both = await Promise.all(
    [ground, other].map((each) => each.carryOut(use(once, { key: "use once" }))),
  );
  expect(both[1]).toEqual(both[0]);
  expect(await usesOf(once)).toBe(1);
});

it("counts what the uses say", async () => {
  expect(await verifyCoupons(ground.db)).toEqual([]);
});
