// Large answers that never change while the program runs: made at their first use, compressed once, and sent in
// pieces, so that a slow client holds one piece in memory and not the whole. A browser that has it asks with its ETag.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

export type SendFixed = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

interface Fixed {
  readonly bytes: Buffer;
  readonly etag: string;
}

type Coding = "br" | "gzip" | "identity";

const PIECE_BYTES = 65_536;
/** Of eleven levels: the API page's script shrinks to a fifth in half a second; the highest level takes ten and gains a tenth. */
const BROTLI_QUALITY = 6;

const COMPRESS: Readonly<Record<Coding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip) as (bytes: Buffer) => Promise<Buffer>,
  identity: async (bytes) => bytes,
};

/** @param make returns the bytes; called once */
export function createFixedAnswer(contentType: string, make: () => Promise<Buffer>): SendFixed {
  const made = once(make);
  const fixed = Object.fromEntries(
    Object.entries(COMPRESS).map(([coding, compress]) => [
      coding,
      once(async () => toFixed(await compress(await made()))),
    ]),
  ) as Record<Coding, () => Promise<Fixed>>;
  return async (request, reply) => {
    const coding = chooseCoding(request.headers["accept-encoding"]);
    const { bytes, etag } = await fixed[coding]();
    reply.headers({ etag, vary: "accept-encoding", "cache-control": "no-cache" });
    if (request.headers["if-none-match"]?.includes(etag)) return reply.code(304).send();
    if (coding !== "identity") reply.header("content-encoding", coding);
    reply.headers({ "content-type": contentType, "content-length": bytes.length });
    return reply.send(Readable.from(piecesOf(bytes), { objectMode: false }));
  };
}

/** A failure is not cached. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

function toFixed(bytes: Buffer): Fixed {
  return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** The best encoding that the client accepts: "gzip, br;q=0" accepts only gzip. */
export function chooseCoding(accepted: string | string[] | undefined): Coding {
  const taken = new Set(
    String(accepted ?? "")
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
      .map((part) => part.split(";")[0]?.trim()),
  );
  return taken.has("br") ? "br" : taken.has("gzip") ? "gzip" : "identity";
}
