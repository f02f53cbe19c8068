// Reads text files written by other programs, in any of these encodings: UTF-8 with or without a byte order mark, UTF-16,
// Latin-1. A file that is not text is reported by its name.
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { fileTypeFromBuffer } from "file-type";
import { decodeText, ENCODING_NAMES, type Encoding, encodingByStart } from "../../values/decode-text.ts";

/** What is wrong with a file: a sentence that continues its name. */
export class TextFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TextFileError";
  }
}

const START_BYTES = 65_536;

/** The file's text in pieces, however long it is. @throws TextFileError */
export async function* readTextFile(path: string): AsyncGenerator<string> {
  const source = await openSource(path);
  const encoding = await findEncoding(source);
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const bytes of source()) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
    throw new TextFileError(
      `is not whole: it begins as ${ENCODING_NAMES[encoding]} and is not that to its end`,
    );
  }
}

type Source = () => AsyncIterable<Buffer>;

/** The file is read twice; a pipe, which can be read only once, is kept in memory. */
async function openSource(path: string): Promise<Source> {
  try {
    if ((await stat(path)).isFile()) {
      await (await open(path)).close();
      return () => createReadStream(path);
    }
    const bytes = await readFile(path);
    return async function* whole() {
      yield bytes;
    };
  } catch (error) {
    throw new TextFileError(`cannot be read (${(error as Error).message})`);
  }
}

async function findEncoding(source: Source): Promise<Encoding> {
  const start = await readStart(source);
  if (start.length === 0) throw new TextFileError("is empty");
  const type = await fileTypeFromBuffer(start);
  if (type !== undefined && !/^(text|application\/(xml|json))/.test(type.mime))
    throw new TextFileError(
      `is no text but a file of the kind ${type.ext} (${type.mime}): export or unpack it as text`,
    );
  const said = encodingByStart(start);
  if (said === "utf-32") throw new TextFileError("is UTF-32, which is not read here: save it as UTF-8");
  if (said === "binary") throw new TextFileError("is no text: it holds zeros");
  if (said !== undefined) return said;
  return (await isAllUtf8(source)) ? "utf-8" : "windows-1252";
}

async function readStart(source: Source): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of source()) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= START_BYTES) break;
  }
  return Buffer.concat(parts);
}

async function isAllUtf8(source: Source): Promise<boolean> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of source()) decoder.decode(bytes, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
    return false;
  }
}

/** For a file in which every byte matters. @throws TextFileError where it is not UTF-8 */
export async function readUtf8File(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new TextFileError(`cannot be read (${error.code})`);
  });
  const found = decodeText(bytes);
  if (found?.encoding === "utf-8") return bytes.toString();
  const what = found === undefined ? "is not UTF-8" : `is ${ENCODING_NAMES[found.encoding]}, not UTF-8`;
  throw new TextFileError(`${what}, as it was written`);
}
