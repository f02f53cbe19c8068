// Just enough HTTP/1.1 for a keep-alive answer with a Content-Length. The text is latin1, so that one character is one
// byte and lengths need no second look; bodies that are not ASCII would have to be decoded, but nobody reads those here.

export interface ResponseHead {
  readonly status: number;
  /** Length of head and body together, in bytes. */
  readonly length: number;
  readonly bodyAt: number;
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;

/**
 * Reads the head of the answer that `text` begins with; undefined while it is incomplete.
 * @throws Error for an answer without Content-Length that is not 204 or 304: this client reads no chunks.
 */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const status = Number(text.substring(9, 12));
  const bodyAt = headEnd + 4;
  const contentLength = CONTENT_LENGTH.exec(text)?.[1];
  if (contentLength !== undefined) return { status, bodyAt, length: bodyAt + Number(contentLength) };
  if (status === 204 || status === 304) return { status, bodyAt, length: bodyAt };
  throw new Error(`answer without Content-Length: ${text.slice(0, headEnd)}`);
}
