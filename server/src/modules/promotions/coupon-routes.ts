// Routes of coupons: operators make and change them, whoever orders may ask what one would take off.

import { answerCommand, describePage, type HttpServer, type Routes, readPage } from "../../http/index.ts";
import { CHANGES_FIELDS, formatETag, readVersions } from "../../http/version.ts";
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
  server.get(
    "/coupons",
    {
      schema: {
        tags,
        operationId: "listCoupons",
        summary: "Coupons, newest first (operators)",
        querystring: CouponQuery,
        response: { 200: CouponPage },
      },
    },
    async (request) => {
      const { active: isActive, ...query } = request.query;
      const page = await findCoupons(db, { isActive, ...readPage(query) });
      return describePage(page, (coupon) => describeCoupon(assets, coupon));
    },
  );

  server.get(
    "/coupons/:code",
    {
      schema: {
        tags,
        operationId: "getCoupon",
        summary: "A coupon with its uses (operators)",
        params: CouponParams,
        response: { 200: CouponAnswer },
      },
    },
    async (request, reply) => {
      const coupon = await getCoupon(db, normalizeCode(request.params.code));
      return reply.header("etag", formatETag(coupon)).send(describeCoupon(assets, coupon));
    },
  );
}

function addAdding(server: HttpServer, services: CouponServices): void {
  server.post(
    "/coupons",
    {
      schema: {
        tags,
        operationId: "addCoupon",
        summary: "Make a coupon (operators)",
        description:
          "Takes a percentage or an amount off an order whose `coupon_code` names it, as often as its limits allow.",
        body: CouponInput,
        response: { 201: CouponAnswer },
      },
    },
    async (request, reply) => {
      const coupon = readNewCoupon(services, request.body);
      return answerCommand(
        [request, reply],
        { db: services.db, event: "coupon.add", status: 201 },
        async (tx) => describeCoupon(services.assets, await addCoupon(tx, coupon)),
      );
    },
  );
}

function addChanging(server: HttpServer, services: CouponServices): void {
  const { db, assets } = services;
  server.patch(
    "/coupons/:code",
    {
      schema: {
        tags,
        operationId: "changeCoupon",
        summary: "Change the terms of a coupon, or switch it off (operators)",
        description: `${CHANGES_FIELDS} It holds for orders placed from then on.`,
        params: CouponParams,
        body: CouponChange,
        response: { 200: CouponAnswer },
      },
    },
    async (request, reply) => {
      const versions = readVersions(request.headers["if-match"]);
      const code = normalizeCode(request.params.code);
      const terms = await prepareCouponChange(services, code, request.body);
      return answerCommand([request, reply], { db, event: "coupon.change", isVersioned: true }, async (tx) =>
        describeCoupon(assets, await changeCoupon(tx, code, { terms, versions })),
      );
    },
  );
}

function addChecking(server: HttpServer, services: CouponServices): void {
  server.get(
    "/coupons/:code/check",
    {
      schema: {
        tags,
        operationId: "checkCoupon",
        summary: "What the coupon would take off an order placed now",
        description:
          "Refused as the order would be. Nothing is kept for the caller: the order is judged anew.",
        params: CouponParams,
        querystring: CheckQuery,
        response: { 200: CouponCheck },
      },
    },
    async ({ params, query, actor }) => quoteCoupon(services, actor, { code: params.code, ...query }),
  );
}
