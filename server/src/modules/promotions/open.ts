// Opens promotions: coupons, and the check that their uses are counted right.
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Module } from "../module.ts";
import { couponRoutes } from "./coupon-routes.ts";
import { verifyCoupons } from "./verify-coupons.ts";

export interface PromotionSettings {
  readonly defaultCurrency: string;
}

const CHECK: Check = {
  kind: "coupons",
  run: async (db) => ({ differences: await verifyCoupons(db) }),
};

export const promotions: Module<"promotions", PromotionSettings, { ledger: LedgerModule }, object> = {
  name: "promotions",
  readSettings: (config) => ({ defaultCurrency: config.DEFAULT_CURRENCY }),
  checks: [CHECK],
  open: ({ db }, settings, { ledger: { assets } }) => ({
    services: {},
    routes: [couponRoutes({ db, assets, ...settings })],
  }),
};
