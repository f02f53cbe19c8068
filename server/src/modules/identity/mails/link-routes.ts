// How the page behind a link in a mail is sent. Mail programs may fetch links by themselves, so only the page's button acts.
import type { FastifyReply } from "fastify";
import { LinkQuery } from "../schemas.ts";

export const LINK_PAGE = { hide: true, querystring: LinkQuery } as const;

/** The page's address holds a token, so no cache may keep the page, and no other site may be told the address. */
export function sendLinkPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header("content-type", "text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .header("referrer-policy", "no-referrer")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    )
    .send(html);
}
