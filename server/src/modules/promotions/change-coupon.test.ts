import { expect, it } from "vitest";
import { keyed, openTestDesk, readTopics, STAFF } from "../../../tests/desk.ts";
import { expectRefusal, run } from "../../../tests/refusal.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import { addCoupon, changeCoupon, prepareCouponChange } from "./change-coupon.ts";
import type { CouponChange, CouponInput } from "./coupon-schemas.ts";
import { describeCoupon } from "./describe-coupon.ts";
import { readNewCoupon } from "./read-coupon-input.ts";

const ground = await shareInFile(openTestDesk());

const TEN_PERCENT = { discount_type: "percent", value: "10" } as const;

function add(code: string, terms: Partial<CouponInput> = {}, key?: KeyedRequest) {
  const input = { code, ...TEN_PERCENT, ...terms } as CouponInput;
  const coupon = readNewCoupon({ assets: ground.assets, defaultCurrency: "USD" }, input);
  return run(ground.db, async (tx) => describeCoupon(ground.assets, await addCoupon(tx, coupon)), key);
}

async function change(
  code: string,
  input: CouponChange,
  { versions, key }: { versions?: readonly number[]; key?: KeyedRequest } = {},
) {
  const terms = await prepareCouponChange(ground, code, input);
  return run(
    ground.db,
    async (tx) => describeCoupon(ground.assets, await changeCoupon(tx, code, { terms, versions })),
    key,
  );
}

it("makes a coupon and changes only the terms that are sent, and tells of both", async () => {
  const terms = { minimum_order: 20, maximum_discount: "5.00", usage_limit: 100, valid_until: "2099-01-01" };
  expect(await add("Summer-10", terms)).toMatchObject({
    code: "SUMMER-10",
    value: "10",
    currency: "USD",
    minimum_order: "20.00",
    maximum_discount: "5.00",
    valid_until: "2099-01-01T00:00:00.000000Z",
    used: 0,
    version: 1,
  });
  const changed = await change("SUMMER-10", { minimum_order: 25, usage_limit: null, valid_until: null });
  expect(changed).toMatchObject({
    value: "10",
    minimum_order: "25.00",
    usage_limit: null,
    valid_until: null,
    version: 2,
  });
  expect(await readTopics(ground.db)).toEqual(["coupon.added", "coupon.changed"]);
});

it("refuses a taken code, however it is written, a period that ends before it begins, and terms that make no sense", async () => {
  await add("TAKEN");
  const refusal = (terms: object, code: string, field: string) =>
    expectRefusal(ground.db, async () => add("WRONG", terms), { code, details: { fields: [{ field }] } });
  await expectRefusal(ground.db, () => add("taken"), { code: "coupon_code_taken" });
  await refusal(
    { valid_from: "2027-01-02", valid_until: "2027-01-01" },
    "coupon_period_empty",
    "valid_until",
  );
  const wrong: readonly (readonly [object, string])[] = [
    [{ value: "100.0001" }, "value"],
    [{ value: 0 }, "value"],
    [{ value: "0.00001" }, "value"],
    [{ discount_type: "amount", value: "0" }, "value"],
    [{ discount_type: "amount", value: "5.00", maximum_discount: "1.00" }, "maximum_discount"],
    [{ minimum_order: "-1" }, "minimum_order"],
    [{ valid_from: "soon" }, "valid_from"],
  ];
  for (const [terms, field] of wrong) await refusal(terms, "invalid_request", field);
  await refusal({ currency: "UNIT", minimum_order: "1" }, "unknown_asset", "currency");
});

it("refuses a change of an unknown coupon, of an old version, below its uses, and into an empty period", async () => {
  await add("USED", { usage_limit: 5 });
  await ground.db`UPDATE promotions.coupons SET used = 3 WHERE code = 'USED'`;
  const refusal = (input: CouponChange, code: string, versions?: number[]) =>
    expectRefusal(ground.db, () => change("USED", input, versions === undefined ? {} : { versions }), {
      code,
    });
  await refusal({ usage_limit: 2 }, "coupon_limit_below_uses");
  await refusal({ valid_from: "2027-01-02", valid_until: "2027-01-02" }, "coupon_period_empty");
  await refusal({ active: false }, "version_mismatch", [7]);
  expect(await change("USED", { usage_limit: 3 }, { versions: [1] })).toMatchObject({
    usage_limit: 3,
    version: 2,
  });
  await expectRefusal(ground.db, () => change("NOBODYS", { active: false }), { code: "coupon_not_found" });
});

it("makes and changes once for a repeated key; of two at once one wins", async () => {
  const key = keyed(STAFF, "coupon");
  const once = await Promise.all([add("ONCE", {}, key), add("ONCE", {}, key)]);
  expect(once[1]).toEqual(once[0]);
  const race = await Promise.allSettled([add("RACE"), add("RACE")]);
  expect(race.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const edits = await Promise.allSettled(
    [1, 2].map((usage_limit) => change("RACE", { usage_limit }, { versions: [1] })),
  );
  expect(edits.flatMap((edit) => (edit.status === "rejected" ? [edit.reason] : []))).toMatchObject([
    { code: "version_mismatch", details: { version: 2 } },
  ]);
  const switchOff = () => change("ONCE", { active: false }, { key: keyed(STAFF, "off") });
  expect(await switchOff()).toEqual(await switchOff());
  expect(await change("ONCE", { active: true })).toMatchObject({ version: 3 });
});
