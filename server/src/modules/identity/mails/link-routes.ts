// How the page behind a link in a mail is sent. A mail program may fetch links by itself: only the button on the page acts.
import type { FastifyReply } from "fastify";
import { LinkQuery } from "../schemas.ts";

export const LINK_PAGE = { hide: true, querystring: LinkQuery } as const;

/** The page's address holds a token: no cache keeps it and no other site is told it. */
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
