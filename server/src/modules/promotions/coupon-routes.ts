// Routes of coupons: operators make and change them; anybody who may order can ask what a coupon would take off.

import { addCommandRoute, addList, addRoute, type HttpServer, type Routes } from "../../http/index.ts";
import { CHANGES_FIELDS, readVersions } from "../../http/version.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Assets } from "../ledger/index.ts";
import { addCoupon, changeCoupon, prepareCouponChange } from "./change-coupon.ts";
import { normalizeCode } from "./coupon.ts";
import {
  CheckQuery,
  CouponAnswer,
  CouponChange,
  CouponCheck,
  CouponInput,
  CouponPage,
  CouponParams,
  CouponQuery,
} from "./coupon-schemas.ts";
import { describeCoupon } from "./describe-coupon.ts";
import { findCoupons, getCoupon, quoteCoupon } from "./find-coupons.ts";
import { readNewCoupon } from "./read-coupon-input.ts";

const tags = ["Coupons"];

export interface CouponServices {
  readonly db: Sql;
  readonly assets: Assets;
  readonly defaultCurrency: string;
}

export function couponRoutes(services: CouponServices): Routes {
  return (server) => {
    addReading(server, services);
    addAdding(server, services);
    addChanging(server, services);
    addChecking(server, services);
  };
}

function addReading(server: HttpServer, { db, assets }: CouponServices): void {
  addList(server, {
    url: "/coupons",
    tags,
    operationId: "listCoupons",
    summary: "Coupons, newest first (operators)",
    query: CouponQuery,
    answer: CouponPage,
    find: ({ query: { active: isActive } }, page) => findCoupons(db, { isActive, ...page }),
    describe: (coupon) => describeCoupon(assets, coupon),
  });

  addRoute(server, {
    url: "/coupons/:code",
    tags,
    operationId: "getCoupon",
    summary: "A coupon with its uses (operators)",
    params: CouponParams,
    answer: CouponAnswer,
    isVersioned: true,
    run: async ({ params }) => describeCoupon(assets, await getCoupon(db, normalizeCode(params.code))),
  });
}

function addAdding(server: HttpServer, services: CouponServices): void {
  addCommandRoute(server, services.db, {
    url: "/coupons",
    tags,
    operationId: "addCoupon",
    summary: "Make a coupon (operators)",
    description:
      "Takes a percentage or an amount off an order whose `coupon_code` names it, as often as its limits allow.",
    body: CouponInput,
    answer: CouponAnswer,
    status: 201,
    event: "coupon.add",
    run: (request) => {
      const coupon = readNewCoupon(services, request.body);
      return async (tx) => describeCoupon(services.assets, await addCoupon(tx, coupon));
    },
  });
}

function addChanging(server: HttpServer, services: CouponServices): void {
  const { db, assets } = services;
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/coupons/:code",
    tags,
    operationId: "changeCoupon",
    summary: "Change the terms of a coupon, or switch it off (operators)",
    description: `${CHANGES_FIELDS} It holds for orders placed from then on.`,
    params: CouponParams,
    body: CouponChange,
    answer: CouponAnswer,
    isVersioned: true,
    event: "coupon.change",
    run: async ({ params, body, headers }) => {
      const code = normalizeCode(params.code);
      const versions = readVersions(headers["if-match"]);
      const terms = await prepareCouponChange(services, code, body);
      return async (tx) => describeCoupon(assets, await changeCoupon(tx, code, { terms, versions }));
    },
  });
}

function addChecking(server: HttpServer, services: CouponServices): void {
  addRoute(server, {
    url: "/coupons/:code/check",
    tags,
    operationId: "checkCoupon",
    summary: "What the coupon would take off an order placed now",
    description: "Refused as the order would be. Nothing is kept for the caller: the order is judged anew.",
    params: CouponParams,
    query: CheckQuery,
    answer: CouponCheck,
    run: async ({ params, query, actor }) => quoteCoupon(services, actor, { code: params.code, ...query }),
  });
}
