// Reads what an AVIF says about its items (pictures, tiles of a picture, alpha, camera notes): where they lie, their properties,
// and how they belong together. Only the forms that a picture needs are supported; all others are refused.
import { type Box, type Fields, readBoxes, readFields } from "./avif-boxes.ts";
import { brokenImage } from "./image-faults.ts";

export interface Property {
  readonly box: Box;
  readonly isEssential: boolean;
}

export interface Item {
  readonly id: number;
  readonly type: string;
  readonly isHidden: boolean;
  readonly properties: readonly Property[];
  readonly parts: readonly Buffer[];
  /** Where the item's first part lies. */
  readonly at: number;
}

/** References from one item to others: `dimg` to the items it is made of, `auxl` to the item that its alpha is for. */
export interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

export interface Items {
  readonly primary: number;
  readonly items: ReadonlyMap<number, Item>;
  readonly references: readonly Reference[];
  /** Alternatives: a player takes the first one that it can show. */
  readonly alternatives: readonly (readonly number[])[];
  /** Where the last part of any item ends in the file. */
  readonly end: number;
}

/** @throws AppError `invalid/image_broken`; RangeError where it is cut off */
export function readItems(content: Buffer, meta: Buffer): Items {
  const boxes = new Map(readBoxes(meta.subarray(4)).map(({ type, body }) => [type, body]));
  const find = (type: string) => boxes.get(type) ?? Buffer.alloc(0);
  const properties = readProperties(find("iprp"));
  const places = readPlaces(find("iloc"), { content, idat: find("idat") });
  const items = new Map<number, Item>();
  for (const info of readInfos(find("iinf"))) {
    const { parts = [], at = 0 } = places.get(info.id) ?? {};
    items.set(info.id, { ...info, parts, at, properties: properties.get(info.id) ?? [] });
  }
  return {
    primary: readPrimary(find("pitm")),
    items,
    references: readReferences(find("iref")),
    alternatives: readAlternatives(find("grpl")),
    end: [...places.values()].reduce((end, place) => Math.max(end, place.end), 0),
  };
}

/** Boxes with a version, of which higher ones have longer ids. */
function readVersioned(body: Buffer): { readonly fields: Fields; readonly version: number; flags: number } {
  const fields = readFields(body);
  return { version: fields.number(1), flags: fields.number(3), fields };
}

function readPrimary(pitm: Buffer): number {
  const { fields, version } = readVersioned(pitm);
  return fields.number(version === 0 ? 2 : 4);
}

function readInfos(iinf: Buffer): Pick<Item, "id" | "type" | "isHidden">[] {
  const { version } = readVersioned(iinf);
  return readBoxes(iinf.subarray(version === 0 ? 6 : 8)).map(({ body }) => {
    const { fields, version: form, flags } = readVersioned(body);
    if (form !== 2 && form !== 3) throw brokenImage("is written in an old form");
    const id = fields.number(form === 2 ? 2 : 4);
    if (fields.number(2) !== 0) throw brokenImage("is protected");
    return { id, type: fields.text(4), isHidden: (flags & 1) === 1 };
  });
}

interface Place {
  readonly parts: Buffer[];
  at: number;
  end: number;
}

interface Sources {
  readonly content: Buffer;
  readonly idat: Buffer;
}

function readPlaces(iloc: Buffer, sources: Sources): Map<number, Place> {
  const { fields, version } = readVersioned(iloc);
  const sizes = fields.number(2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  const places = new Map<number, Place>();
  let bytes = 0;
  for (let count = fields.number(version < 2 ? 2 : 4); count > 0; count -= 1) {
    const id = fields.number(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : fields.number(2) & 15;
    if (fields.number(2) !== 0 || method > 1) throw brokenImage("lies in another file, or within its items");
    const base = fields.number(baseBytes);
    const place: Place = { parts: [], at: 0, end: 0 };
    for (let parts = fields.number(2); parts > 0; parts -= 1) {
      fields.number(indexBytes);
      const from = base + fields.number(offsetBytes);
      const end = from + fields.number(lengthBytes);
      const source = method === 1 ? sources.idat : sources.content;
      if (end === from || end > source.length) throw brokenImage("ends before the image does");
      bytes += end - from;
      // Without this limit a small file could become a large one.
      if (bytes > sources.content.length) throw brokenImage("has items that lie over each other");
      place.at = place.parts.length === 0 ? from : place.at;
      place.end = method === 1 ? place.end : Math.max(place.end, end);
      place.parts.push(source.subarray(from, end));
    }
    places.set(id, place);
  }
  return places;
}

/** The list of all properties, and for each item which of them it has, counted from 1. */
function readProperties(iprp: Buffer): Map<number, Property[]> {
  const boxes = readBoxes(iprp);
  const shared = readBoxes(boxes.find(({ type }) => type === "ipco")?.body ?? Buffer.alloc(0));
  const properties = new Map<number, Property[]>();
  for (const { body } of boxes.filter(({ type }) => type === "ipma")) {
    const { fields, version, flags } = readVersioned(body);
    const bytes = (flags & 1) === 1 ? 2 : 1;
    const mark = bytes === 2 ? 0x8000 : 0x80;
    for (let count = fields.number(4); count > 0; count -= 1) {
      const id = fields.number(version === 0 ? 2 : 4);
      const owned = properties.get(id) ?? [];
      for (let links = fields.number(1); links > 0; links -= 1) {
        const link = fields.number(bytes);
        const box = shared[(link & ~mark) - 1];
        if (box !== undefined) owned.push({ box, isEssential: (link & mark) !== 0 });
      }
      properties.set(id, owned);
    }
  }
  return properties;
}

function readReferences(iref: Buffer): Reference[] {
  if (iref.length === 0) return [];
  const bytes = readVersioned(iref).version === 0 ? 2 : 4;
  return readBoxes(iref.subarray(4)).map(({ type, body }) => {
    const fields = readFields(body);
    return { type, from: fields.number(bytes), to: readIds(fields, 2, bytes) };
  });
}

function readAlternatives(grpl: Buffer): number[][] {
  return readBoxes(grpl)
    .filter(({ type }) => type === "altr")
    .map(({ body }) => {
      const { fields } = readVersioned(body);
      fields.number(4); // the group's own id
      return readIds(fields, 4, 4);
    });
}

function readIds(fields: Fields, bytesOfCount: number, bytes: number): number[] {
  const ids: number[] = [];
  for (let count = fields.number(bytesOfCount); count > 0; count -= 1) ids.push(fields.number(bytes));
  return ids;
}
