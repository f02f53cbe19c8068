// What is kept of images as cameras and editors write them, and what is refused.
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { avif, box, chunk, GIF, JPEG, png, readSample, WEBP } from "../../../../tests/images.ts";
import { AppError } from "../../../values/app-error.ts";
import { type ReadImage, readImage } from "./read-image.ts";

const SAMPLES = [
  ["photo.jpg", 8, 12],
  ["progressive-cmyk.jpg", 20, 40],
  ["photo.png", 8, 12],
  ["animated.png", 8, 12],
  ["animated.gif", 12, 8],
  ["photo.webp", 8, 12],
  ["animated.webp", 8, 12],
  ["photo.avif", 8, 12],
] as const;
const ONE_OF_EACH = { jpeg: JPEG, png: png(3, 2), gif: GIF, webp: WEBP, avif: avif() };

const text = (content: Buffer) => content.toString("latin1");
const refusal = (code: string, reason: RegExp) => ({
  code,
  details: { fields: [{ field: "body", reason: expect.stringMatching(reason) }] },
});
/** Puts bytes in at a place. */
const insert = (content: Buffer, at: number, ...parts: readonly (Buffer | string)[]) =>
  Buffer.concat([
    content.subarray(0, at),
    ...parts.map((part) => Buffer.from(part as string, "latin1")),
    content.subarray(at),
  ]);
const overwrite = (content: Buffer, at: number, ...bytes: readonly number[]) =>
  Buffer.concat([content.subarray(0, at), Buffer.from(bytes), content.subarray(at + bytes.length)]);
const segment = (marker: number, body: string) =>
  Buffer.from(`\xff${String.fromCharCode(marker, 0, body.length + 2)}${body}`, "latin1");
const exif = (orientation: number, entry = "\x01\x12\0\x03\0\0\0\x01") =>
  segment(0xe1, `Exif\0\0MM\0*\0\0\0\x08\0\x01${entry}\0${String.fromCharCode(orientation)}\0\0\0\0\0\0`);
/** A chunk of a WebP. */
const webpChunk = (type: string, body: string) => {
  const head = Buffer.from(`${type}\0\0\0\0`, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, Buffer.from(body, "latin1"), Buffer.alloc(body.length % 2)]);
};
const webp = (...chunks: readonly Buffer[]) => {
  const content = Buffer.concat([Buffer.from("WEBP"), ...chunks]);
  const head = Buffer.from("RIFF\0\0\0\0");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
};
const archive = Buffer.concat([
  Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"),
  Buffer.alloc(20),
  deflateRawSync("SECRET"),
]);

describe("how large it is", () => {
  it.each(SAMPLES)("F6-17: width and height of %s are those that are shown", async (name, width, height) => {
    expect(await readImage(readSample(name))).toMatchObject({ width, height });
  });

  it("F6-17: each orientation counts; what is none does not", async () => {
    const sized = overwrite(JPEG, JPEG.indexOf(Buffer.from([0xff, 0xc0])) + 5, 0, 2, 0, 5);
    for (const [orientation, shown] of [
      [1, [5, 2]],
      [2, [5, 2]],
      [3, [5, 2]],
      [4, [5, 2]],
      [5, [2, 5]],
      [6, [2, 5]],
      [7, [2, 5]],
      [8, [2, 5]],
      [0, [5, 2]],
      [9, [5, 2]],
    ] as const) {
      const { width, height, content } = await readImage(insert(sized, 2, exif(orientation)));
      expect([orientation, width, height]).toEqual([orientation, ...shown]);
      expect(content.includes("Exif")).toBe(orientation > 1 && orientation < 9);
      // The first of two counts, as in browsers.
      const twice = await readImage(insert(sized, 2, exif(orientation), exif(6)));
      expect([orientation, twice.width, twice.height]).toEqual([orientation, ...shown]);
    }
    for (const broken of [
      exif(6, "\x01\x12\0\x04\0\0\0\x01"),
      exif(6, "\x01\x12\0\x03\0\0\0\x02"),
      segment(0xe1, "Exif\0\0MM"),
    ])
      expect(await readImage(insert(sized, 2, broken))).toMatchObject({ width: 5, height: 2 });
  });

  it("F6-17: the turn of an AVIF is its own, not that of its notes; what is cut away does not count", async () => {
    const photo = readSample("photo.avif");
    const upright = overwrite(photo, photo.indexOf("irot") + 4, 0);
    expect(await readImage(upright)).toMatchObject({ width: 12, height: 8 });
    const size = box("ispe", "\0\0\0\0\0\0\0\x0c\0\0\0\x08");
    const cut = (across: string) =>
      box("clap", `${across}\0\0\0\x05\0\0\0\x01${"\0\0\0\0\0\0\0\x01".repeat(2)}`);
    const shown = async (...more: readonly Buffer[]) => {
      const numbers = "\x01\x82\x83".slice(0, more.length + 1);
      const owned = box("ipma", `\0\0\0\0\0\0\0\x01\0\x07${String.fromCharCode(numbers.length)}${numbers}`);
      const { width, height, content } = await readImage(
        avif(1, [box("iprp", box("ipco", size, ...more), owned)]),
      );
      expect(more.every((property) => content.includes(property))).toBe(true);
      return [width, height];
    };
    expect(await shown(box("imir", "\0"))).toEqual([12, 8]);
    expect(await shown(box("irot", "\x02"))).toEqual([12, 8]);
    expect(await shown(box("irot", "\x03"), box("imir", "\x01"))).toEqual([8, 12]);
    expect(await shown(cut("\0\0\0\x06\0\0\0\x01"), box("irot", "\x01"))).toEqual([5, 6]);
    // Players pass over one that is larger than the picture, no whole number of pixels, or nothing.
    for (const across of [
      "\0\0\0\x0d\0\0\0\x01",
      "\0\0\0\x0b\0\0\0\x02",
      "\0\0\0\0\0\0\0\x01",
      "\0\0\0\x01\0\0\0\0",
    ])
      expect(await shown(cut(across))).toEqual([12, 8]);
    await expect(shown(box("zzzz", "SECRET"))).rejects.toMatchObject(
      refusal("image_broken", /needs "zzzz", which is not known/),
    );
  });
});

describe("what is kept", () => {
  it.each(SAMPLES)("F6-17: of %s nothing tells where, when and by whom it was made", async (name) => {
    const sent = readSample(name);
    expect(text(sent)).toContain("SECRET");
    const { content } = await readImage(sent);
    for (const word of ["SECRET", "GPS", "xmp", "2026", "tEXt", "iTXt", "zTXt", "Raw profile"])
      expect(text(content), word).not.toContain(word);
    expect((await readImage(content)).content.equals(content)).toBe(true);
  });

  it("F6-17: color profiles and which way up it is stay, and no more of the notes", async () => {
    for (const name of ["photo.jpg", "photo.webp", "photo.avif"]) {
      const [sent, { content }] = [readSample(name), await readImage(readSample(name))];
      const from = sent.indexOf("acsp") - 36;
      const profile = sent.subarray(from, from + sent.readUInt32BE(from));
      expect([name, content.includes(profile)]).toEqual([name, true]);
    }
    expect(text((await readImage(readSample("photo.png"))).content)).toContain("iCCPicc\0\0");
    const notes = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    for (const [name, kept] of [
      ["photo.jpg", `\xff\xe1\0\x22Exif\0\0${notes}`],
      ["photo.png", `\0\0\0\x1aeXIf${notes}`],
      ["photo.webp", `EXIF\x1a\0\0\0${notes}`],
      ["photo.avif", "\0\0\0\x09irot"],
    ] as const)
      expect([name, text((await readImage(readSample(name))).content).split(kept).length]).toEqual([name, 2]);
  });

  it("F6-17: animations keep their frames, their timing and how often they repeat", async () => {
    for (const [name, part, count] of [
      ["animated.png", "fcTL", 3],
      ["animated.gif", "\x21\xf9\x04", 3],
      ["animated.gif", "NETSCAPE2.0\x03\x01\0\0\0", 1],
      ["animated.webp", "ANMF", 3],
      ["animated.webp", "ANIM", 1],
    ] as const) {
      const sent = readSample(name);
      const { content } = await readImage(sent);
      const found = [sent, content].map((image) => text(image).split(part).length - 1);
      expect([name, part, ...found]).toEqual([name, part, count, count]);
    }
  });

  it("F6-17: an image that has nothing else is kept byte by byte", async () => {
    for (const image of [JPEG, png(3, 2), GIF, WEBP])
      expect((await readImage(image)).content.equals(image)).toBe(true);
  });

  it("F6-17: what hides in parts that nobody draws is left behind", async () => {
    const [page, profile] = ["<script>SECRET</script>", "ICC_PROFILE\0\x01\x01"];
    const gif = (...parts: string[]) => insert(GIF, GIF.length - 1, ...parts);
    const hiding = {
      comment: insert(JPEG, 2, segment(0xfe, page)),
      photoshop: insert(JPEG, 2, segment(0xed, `Photoshop 3.0\0${page}`)),
      flashpix: insert(JPEG, 2, segment(0xe2, `FPXR\0${page}`)),
      "a profile that is none": insert(JPEG, 2, segment(0xe2, `${profile}${page}`)),
      "notes that say nothing": insert(JPEG, 2, segment(0xe1, `Exif\0\0${page}`)),
      "behind the Adobe mark": insert(JPEG, 2, segment(0xee, `Adobe\0\x64\0\0\0\0\x01${page}`)),
      "an unknown program's": insert(JPEG, 2, segment(0xef, page)),
      "within a JPEG's end": insert(JPEG, JPEG.length - 2, segment(0xfe, text(archive))),
      text: insert(png(3, 2), 33, chunk("tEXt", Buffer.from(`Comment\0${page}`))),
      time: insert(png(3, 2), 33, chunk("tIME", Buffer.from("SECRET"))),
      "a chunk of a program's": insert(png(3, 2), 33, chunk("zzZz", Buffer.from(page))),
      "a gamma that is too long": insert(png(3, 2), 33, chunk("gAMA", Buffer.from(page))),
      "a named palette": insert(png(3, 2), 33, chunk("sPLT", Buffer.from(`SECRET\0${page}`))),
      "a broken profile": insert(png(3, 2), 33, chunk("iCCP", Buffer.from(`SECRET\0\0${page}`))),
      "a GIF's comment": gif(`\x21\xfe\x06SECRET\0`),
      "a GIF's text": gif(`\x21\x01\x0c${"\0".repeat(12)}\x06SECRET\0`),
      "a GIF's XMP": gif("\x21\xff\x0bXMP DataXMP\x06SECRET\0"),
      "behind the repeats": gif("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\x06SECRET\0"),
      "behind the timing": gif("\x21\xf9\x04\0\0\0\0\x06SECRET\0"),
      "behind a picture": webp(WEBP.subarray(12), webpChunk("EXIF", "SECRET")),
      "a chunk of nobody's": webp(WEBP.subarray(12), webpChunk("junk", "SECRET")),
      "a box that is free": Buffer.concat([avif(), box("free", archive, "SECRET")]),
      "a box of its own": Buffer.concat([avif(), box("uuid", "SECRET")]),
      "in the header": avif(1, [box("xml ", "SECRET"), box("uuid", "SECRET")]),
    };
    for (const [where, sent] of Object.entries(hiding)) {
      expect([where, text(sent).includes("SECRET") || sent.includes("PK")]).toEqual([where, true]);
      const { content } = await readImage(sent);
      expect([where, text(content).includes("SECRET") || content.includes("PK")]).toEqual([where, false]);
      expect((await readImage(content)).content.equals(content)).toBe(true);
    }
  });
});

describe("what follows the end", () => {
  const video = Buffer.concat([box("ftyp", "mp42\0\0\0\0isommp42"), box("mdat", "SECRET")]);
  const following = [
    ["application/zip", archive],
    ["video/mp4", video],
    ["image/jpeg", JPEG],
    ["image/png", png(1, 1)],
    ["image/gif", GIF],
    ["image/webp", WEBP],
    ["image/avif", avif()],
    ["application/pdf", Buffer.from("%PDF-1.7\n1 0 obj")],
    ["of no known type", Buffer.from("<script>alert(1)</script>")],
    ["of no known type", Buffer.from("\n")],
    ["zeros", Buffer.alloc(1)],
    ["zeros", Buffer.alloc(512)],
  ] as const;

  it.each(Object.entries(ONE_OF_EACH))("F6-17: behind a %s is refused, and named", async (_, image) => {
    for (const [name, rest] of following)
      await expect(readImage(Buffer.concat([image, rest])), name).rejects.toMatchObject(
        refusal(
          "image_not_alone",
          new RegExp(`ends at byte ${image.length}, but ${rest.length} .*\\(${name}\\)`),
        ),
      );
  });

  it.each(SAMPLES)("F6-17: behind %s is refused too", async (name) => {
    for (const [, rest] of following)
      await expect(readImage(Buffer.concat([readSample(name), rest]))).rejects.toMatchObject({
        code: "image_not_alone",
      });
  });

  it("F6-17: a JPEG with a second picture or a video behind it is refused by name", async () => {
    await expect(readImage(readSample("two-in-one.jpg"))).rejects.toMatchObject(
      refusal("image_not_alone", /\(image\/jpeg\)/),
    );
    await expect(readImage(Buffer.concat([readSample("photo.jpg"), video]))).rejects.toMatchObject(
      refusal("image_not_alone", /\(video\/mp4\)/),
    );
  });

  it("F6-17: behind an AVIF whose last part says no length is refused too", async () => {
    const photo = readSample("photo.avif");
    const open = overwrite(photo, photo.indexOf("mdat") - 4, 0, 0, 0, 0);
    expect(await readImage(open)).toEqual(await readImage(photo));
    await expect(readImage(Buffer.concat([open, archive]))).rejects.toMatchObject(
      refusal("image_not_alone", /\(application\/zip\)/),
    );
  });
});

describe("what is broken", () => {
  it.each([...SAMPLES.map(([name]) => name), "two-in-one.jpg", "animated.avif"])(
    "F6-17: %s cut off anywhere is refused",
    async (name) => {
      const sample = readSample(name);
      const end = name === "two-in-one.jpg" ? 1_000 : sample.length;
      for (let at = 0; at < end; at += 1)
        await expect(readImage(sample.subarray(0, at)), `${name} to ${at}`).rejects.toMatchObject({
          kind: "invalid",
          code: expect.stringMatching(/^image_(broken|type_refused)$/),
        });
    },
  );

  it("F6-17: an AVIF changed anywhere is taken for what it is, or refused", async () => {
    const photo = readSample("photo.avif");
    const outcomes = new Set<string>();
    for (let at = 0; at < photo.indexOf("mdat"); at += 1)
      for (const value of [0x00, 0x01, 0x80, 0xff]) {
        const outcome = await readImage(overwrite(photo, at, value)).catch((error: unknown) => error);
        outcomes.add(outcome instanceof AppError ? outcome.code : "taken");
        if (outcome instanceof AppError) continue;
        const { content } = outcome as ReadImage;
        expect((await readImage(content)).content.equals(content)).toBe(true);
      }
    expect([...outcomes]).toEqual(expect.arrayContaining(["taken", "image_broken"]));
  });

  it("F6-17: sizes that are larger than a picture may be, or not its own, are refused", async () => {
    const large = refusal("image_too_large", /more than 12000 a side/);
    const broken = (reason: RegExp) => refusal("image_broken", reason);
    const frame = JPEG.indexOf(Buffer.from([0xff, 0xc0]));
    const [photo, moving] = [readSample("photo.webp"), readSample("animated.webp")];
    const picture = GIF.indexOf(0x2c);
    const sheet = avif();
    const cases = [
      [png(0x7fffffff, 1), large],
      [png(1, 0xffffffff), large],
      [png(1, 0), broken(/no width or no height/)],
      [overwrite(JPEG, frame + 5, 0xff, 0xff, 0xff, 0xff), large],
      [overwrite(JPEG, frame + 5, 0, 0), broken(/no width or no height/)],
      [overwrite(overwrite(GIF, 6, 0xff, 0xff), picture + 5, 1, 0), large],
      [overwrite(GIF, picture + 5, 0xff, 0xff), broken(/larger than itself/)],
      [overwrite(photo, 24, 0xff, 0xff, 0xff), broken(/another size/)],
      [overwrite(moving, 24, 0xff, 0xff, 0xff), large],
      [overwrite(moving, 24, 0, 0, 0), broken(/larger than itself/)],
      [overwrite(sheet, sheet.indexOf("ispe") + 8, 0xff, 0xff, 0xff, 0xff), large],
    ] as const;
    for (const [content, expected] of cases)
      await expect(readImage(content), text(content.subarray(0, 12))).rejects.toMatchObject(expected);
  });

  it("F6-17: pictures without one, twice in one, and films are refused", async () => {
    const frame = JPEG.subarray(
      JPEG.indexOf(Buffer.from([0xff, 0xc0])),
      JPEG.indexOf(Buffer.from([0xff, 0xc4])),
    );
    const cases = [
      [Buffer.concat([JPEG.subarray(0, 20), Buffer.from([0xff, 0xd9])]), /no picture/],
      [insert(JPEG, 20, frame), /two pictures in one/],
      [insert(JPEG, 20, JPEG), /segment d8 at byte 20/],
      [insert(JPEG, 20, "junk"), /byte 20 that is no part/],
      [Buffer.concat([png(1, 1).subarray(0, 33), chunk("IEND", Buffer.alloc(0))]), /no picture/],
      [insert(png(1, 1), 33, chunk("CgBI", Buffer.alloc(4))), /"CgBI" that is not known/],
      [insert(GIF, GIF.length - 1, "*/=alert(1);"), /no part of a GIF/],
      [Buffer.concat([GIF.subarray(0, 19), Buffer.from(";")]), /no picture/],
      [webp(webpChunk("EXIF", "SECRET")), /no picture/],
    ] as const;
    for (const [content, reason] of cases)
      await expect(readImage(content)).rejects.toMatchObject(refusal("image_broken", reason));
    await expect(readImage(readSample("animated.avif"))).rejects.toMatchObject(
      refusal("image_type_refused", /a film/),
    );
  });

  it("F6-17: small files do not become large ones, nor keep everybody waiting", async () => {
    const many = (count: number, part: string) => Buffer.from(part.repeat(count), "latin1");
    // One item that lies at the same place 65,535 times, one that everything belongs to, one that is its own part.
    const places = box(
      "iloc",
      "\x01\0\0\0\x44\0\0\x01\0\x07\0\0\0\0\xff\xff",
      many(65_535, "\0\0\0\0\0\0\0\x63"),
    );
    await expect(readImage(avif(1, [places]))).rejects.toMatchObject(
      refusal("image_broken", /lie over each other/),
    );
    const owned = box("ipma", "\0\0\0\0\0\0\x20\0", many(8_192, `\0\x07\xff${"\x01".repeat(255)}`));
    await expect(readImage(avif(1, [box("iprp", box("ipco"), owned)]))).rejects.toMatchObject({
      kind: "invalid",
    });
    const references = box("iref", "\0\0\0\0", many(140_000, `\0\0\0\x0edimg\0\x07\0\x01\0\x07`));
    expect(await readImage(avif(1, [references]))).toMatchObject({ width: 1 });
    const blocks = insert(GIF, GIF.length - 1, "\x21\xfe", many(1_000_000, "\x01a"), "\0");
    expect((await readImage(blocks)).content.equals(GIF)).toBe(true);
    const bomb = chunk(
      "iCCP",
      Buffer.concat([Buffer.from("x\0\0"), deflateRawSync(Buffer.alloc(50_000_000))]),
    );
    expect((await readImage(insert(png(1, 1), 33, bomb))).content.equals(png(1, 1))).toBe(true);
  });
});
