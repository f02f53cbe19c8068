// Takes an AVIF apart into its items and writes only the visible ones anew: the primary picture, the items it is made of, its
// alpha and its gain map, with the properties that say how they look. Camera and editor notes, previews and names are dropped.

import { catalogError } from "../errors.ts";
import { type Box, readBox, writeBox, writeNumbers } from "./avif-boxes.ts";
import { type Item, type Items, type Property, readItems } from "./avif-items.ts";
import { brokenImage, type CleanImage, cutOffImage } from "./image-faults.ts";
import type { Size } from "./orientation.ts";

const PICTURES = new Set(["av01", "grid", "iovl", "iden", "tmap"]);
const BRANDS = new Set(["avif", "avio", "mif1", "miaf", "MA1A", "MA1B", "tmap"]);
/** The boxes a file is made of; `moov` and `moof` belong to films. */
const OUTER = new Set(["ftyp", "meta", "mdat", "free", "skip", "uuid", "moov", "moof"]);
const PROPERTIES = new Set(
  "ispe pixi av1C colr irot imir clap pasp auxC a1lx a1op lsel clli mdcv cclv amve reve ndwt".split(" "),
);
const ALPHA = /^\0{4}urn:mpeg:(mpegB:cicp:systems:auxiliary:alpha|hevc:2015:auxid:1)\0/;
const ITEMS_MAX = 10_000;

/** @throws AppError `invalid/image_broken`, `invalid/image_type_refused`; RangeError where it is cut off */
export function cleanAvif(content: Buffer): CleanImage {
  const { boxes, end: endOfBoxes } = readOuter(content);
  const [meta, type] = ["meta", "ftyp"].map((name) => boxes.find((box) => box.type === name));
  if (meta === undefined || type === undefined) throw brokenImage("has no header");
  const all = readItems(content, meta.body);
  const last = boxes.at(-1);
  // Where the last box states no length, the picture ends with its last item.
  const end = last?.isOpen ? Math.max(last.type === "mdat" ? last.at + 8 : last.end, all.end) : endOfBoxes;
  if (all.end > end) throw cutOffImage();
  const items = chooseItems(all);
  const primary = items.find(({ id }) => id === all.primary);
  if (primary === undefined) throw brokenImage("has no picture in it");
  return { ...measure(primary), content: writeAvif(type.body, all, items), end };
}

/** The boxes of the file, up to the first that does not belong to an AVIF, or that begins another one. */
function readOuter(content: Buffer): { readonly boxes: readonly Box[]; readonly end: number } {
  const boxes: Box[] = [];
  let at = 0;
  while (at < content.length) {
    const type = content.toString("latin1", at + 4, at + 8);
    const isSecond = (type === "ftyp" || type === "meta") && boxes.some((box) => box.type === type);
    if (!OUTER.has(type) || isSecond) break;
    if (type.startsWith("moo"))
      throw catalogError("image_type_refused", {
        fields: [
          { field: "body", reason: "is a film (AVIF sequence); an animated WebP, GIF or PNG is taken" },
        ],
      });
    const box = readBox(content, at);
    boxes.push(box);
    at = box.end;
  }
  return { boxes, end: at };
}

/** The items that are drawn, in the order in which they lie in the file. */
function chooseItems({ primary, items, references }: Items): Item[] {
  const neighbors = new Map<number, number[]>();
  const link = (from: number, to: readonly number[]) => {
    const linked = neighbors.get(from) ?? [];
    for (const id of to) linked.push(id); // there may be more than one call takes as arguments
    neighbors.set(from, linked);
  };
  for (const { type, from, to } of references) {
    const item = items.get(from);
    if (type === "dimg") link(from, to);
    if (type === "dimg" && item?.type === "tmap" && to[0] === primary) link(primary, [from]);
    if (type === "auxl" && item?.properties.some(isAlpha)) for (const id of to) link(id, [from]);
  }
  const chosen = new Map<number, Item>();
  for (const waiting = [primary]; waiting.length > 0; ) {
    const id = waiting.pop() ?? 0;
    if (chosen.has(id)) continue;
    const item = items.get(id);
    if (item === undefined || !PICTURES.has(item.type) || chosen.size >= ITEMS_MAX)
      throw brokenImage("is made of something that is no picture");
    chosen.set(id, item);
    for (const neighbor of neighbors.get(id) ?? []) waiting.push(neighbor);
  }
  return [...chosen.values()].sort((a, b) => a.at - b.at || a.id - b.id);
}

function isAlpha({ box: { type, body } }: Property): boolean {
  return type === "auxC" && ALPHA.test(body.toString("latin1", 0, 60));
}

/** The picture's size, first cut by `clap` and then turned by `irot`, in this order. */
function measure({ properties }: Item): Size {
  const find = (name: string) => properties.find(({ box }) => box.type === name)?.box.body;
  const [extent, cut, turned] = [find("ispe"), find("clap"), find("irot")];
  if (extent === undefined) throw brokenImage("has a header that cannot be read");
  let [width, height] = [extent.readUInt32BE(4), extent.readUInt32BE(8)];
  if (cut !== undefined) {
    const [across, down] = [0, 8].map((at) => cut.readUInt32BE(at) / cut.readUInt32BE(at + 4));
    // Players ignore a cut that is not a whole number of pixels within the picture.
    if (isSide(across, width) && isSide(down, height)) [width, height] = [across, down];
  }
  const isOnSide = turned !== undefined && (turned.readUInt8(0) & 1) === 1;
  return isOnSide ? { width: height, height: width } : { width, height };
}

function isSide(side: number | undefined, max: number): side is number {
  return Number.isInteger(side) && side !== undefined && side > 0 && side <= max;
}

/** Items are numbered anew from 1, in their order. */
function writeAvif(type: Buffer, all: Items, items: readonly Item[]): Buffer {
  const head = writeBrands(type);
  const numbers = new Map(items.map(({ id }, index) => [id, index + 1]));
  const rest = [
    writeInfos(items),
    ...writeReferences(all, numbers),
    writeProperties(items),
    ...writeGroups(all, numbers),
  ];
  const write = (from: number) => {
    const handler = writeBox("hdlr", Buffer.alloc(8), Buffer.from("pict", "latin1"), Buffer.alloc(13));
    const primary = writeBox("pitm", Buffer.alloc(4), writeNumbers(2, [numbers.get(all.primary) ?? 0]));
    return writeBox("meta", Buffer.alloc(4), handler, primary, writePlaces(items, from), ...rest);
  };
  const meta = write(head.length + write(0).length + 8);
  return Buffer.concat([head, meta, writeBox("mdat", Buffer.concat(items.flatMap(({ parts }) => parts)))]);
}

function writeBrands(type: Buffer): Buffer {
  const brands = [];
  for (let at = 8; at + 4 <= type.length; at += 4) brands.push(type.toString("latin1", at, at + 4));
  const known = [...new Set(brands)].filter((brand) => BRANDS.has(brand) && brand !== "avif");
  return writeBox("ftyp", Buffer.from(["avif\0\0\0\0avif", ...known].join(""), "latin1"));
}

function writePlaces(items: readonly Item[], from: number): Buffer {
  let at = from;
  const places = items.map(({ parts }, index) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    at += length;
    const head = writeNumbers(2, [index + 1, 0, length === 0 ? 0 : 1]);
    return length === 0 ? head : Buffer.concat([head, writeNumbers(4, [at - length, length])]);
  });
  return writeBox("iloc", Buffer.alloc(4), writeNumbers(2, [0x4400, items.length]), ...places);
}

function writeInfos(items: readonly Item[]): Buffer {
  const infos = items.map(({ type, isHidden }, index) => {
    const head = Buffer.from([2, 0, 0, isHidden ? 1 : 0]);
    return writeBox("infe", head, writeNumbers(2, [index + 1, 0]), Buffer.from(`${type}\0`, "latin1"));
  });
  return writeBox("iinf", Buffer.alloc(4), writeNumbers(2, [items.length]), Buffer.concat(infos));
}

function writeReferences({ references }: Items, numbers: ReadonlyMap<number, number>): Buffer[] {
  const kept = references.flatMap(({ type, from, to }) => {
    const [source, targets] = [numbers.get(from), to.flatMap((id) => numbers.get(id) ?? [])];
    if (source === undefined || targets.length === 0 || !["dimg", "auxl", "prem"].includes(type)) return [];
    return [writeBox(type, writeNumbers(2, [source, targets.length, ...targets]))];
  });
  return kept.length === 0 ? [] : [writeBox("iref", Buffer.alloc(4), Buffer.concat(kept))];
}

/** Each property once, however many items have it. */
function writeProperties(items: readonly Item[]): Buffer {
  const shared = new Map<Box, number>();
  const links = items.map(({ properties }, index) => {
    const kept = properties.filter(isKept).map(({ box, isEssential }) => {
      const number = shared.get(box) ?? shared.size + 1;
      shared.set(box, number);
      return number | (isEssential ? 0x8000 : 0);
    });
    return Buffer.concat([
      writeNumbers(2, [index + 1]),
      writeNumbers(1, [kept.length]),
      writeNumbers(2, kept),
    ]);
  });
  const list = writeBox(
    "ipco",
    Buffer.concat([...shared.keys()].map(({ type, body }) => writeBox(type, body))),
  );
  // Flag 1: two bytes a link.
  const head = Buffer.concat([Buffer.from([0, 0, 0, 1]), writeNumbers(4, [items.length])]);
  return writeBox("iprp", list, writeBox("ipma", head, Buffer.concat(links)));
}

/** @throws AppError `invalid/image_broken` for an unknown property without which the item must not be drawn */
function isKept({ box: { type }, isEssential }: Property): boolean {
  if (isEssential && !PROPERTIES.has(type))
    throw brokenImage(`needs ${JSON.stringify(type)}, which is not known`);
  return PROPERTIES.has(type);
}

function writeGroups({ alternatives }: Items, numbers: ReadonlyMap<number, number>): Buffer[] {
  const groups = alternatives
    .map((ids) => ids.flatMap((id) => numbers.get(id) ?? []))
    .filter((ids) => ids.length > 1)
    .map((ids, index) =>
      writeBox("altr", Buffer.alloc(4), writeNumbers(4, [numbers.size + 1 + index, ids.length, ...ids])),
    );
  return groups.length === 0 ? [] : [writeBox("grpl", Buffer.concat(groups))];
}
