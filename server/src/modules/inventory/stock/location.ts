// Locations: where stock lies. Orders take from those that sell, the lowest priority number first.

import { checkVersion } from "../../../http/version.ts";
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import { inventoryError } from "../errors.ts";
import * as store from "./location-store.ts";
import { noteDirectoryChange } from "./stock-store.ts";

export interface Location {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  /** Orders take from the location with the lowest number first. */
  readonly priority: number;
  /** Whether orders take from here. */
  readonly sells: boolean;
  readonly version: number;
}

export type NewLocation = Omit<Location, "id" | "version">;

/** Undefined leaves a field as it is. */
export interface LocationChange {
  readonly name?: string | undefined;
  readonly priority?: number | undefined;
  readonly sells?: boolean | undefined;
  /** The versions the location may have; any other is refused. */
  readonly versions?: readonly number[] | undefined;
}

/** In the order in which orders take from them. */
export function findLocations(db: Sql): Promise<Location[]> {
  return inReadTransaction(db, store.selectLocations);
}

/** @throws AppError `not_found/location_not_found` naming the field */
export async function checkLocations(
  db: Sql,
  asked: readonly { id: number; field: string }[],
): Promise<void> {
  const known = new Set((await findLocations(db)).map(({ id }) => id));
  const unknown = asked.find(({ id }) => !known.has(id));
  if (unknown === undefined) return;
  const reason = `there is no location ${unknown.id}; GET /locations lists them`;
  throw inventoryError("location_not_found", { fields: [{ field: unknown.field, reason }] });
}

/** @throws AppError `conflict/location_code_taken` */
export async function addLocation(tx: Tx, location: NewLocation): Promise<Location> {
  const added = await store.insertLocation(tx, location);
  if (added !== undefined) return added;
  throw inventoryError("location_code_taken", {
    fields: [{ field: "code", reason: `"${location.code}" is another location's` }],
  });
}

/** Locks the location. @throws AppError `not_found/location_not_found`, `conflict/version_mismatch` */
export async function changeLocation(tx: Tx, id: number, change: LocationChange): Promise<Location> {
  const before = await store.lockLocation(tx, id);
  if (before === undefined) throw inventoryError("location_not_found");
  checkVersion(before.version, change.versions);
  const { name = before.name, priority = before.priority, sells = before.sells } = change;
  if (name === before.name && priority === before.priority && sells === before.sells) return before;
  const after = { ...before, name, priority, sells, version: before.version + 1 };
  await store.updateLocation(tx, after);
  await noteDirectoryChange(tx);
  return after;
}
