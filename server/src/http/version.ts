// Versions of rows: a client gets one as an ETag and sends it back in If-Match, so that nobody overwrites a change they
// have not seen.
import { AppError, invalidField } from "../values/app-error.ts";

const ETAG = /^(?:W\/)?"(\d{1,15})"$/;

export function formatETag({ version }: { readonly version: number }): string {
  return `"${version}"`;
}

/** The versions that an If-Match header allows; undefined where any will do. @throws AppError `invalid/invalid_request` */
export function readVersions(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").map((tag) => {
    const version = ETAG.exec(tag.trim())?.[1];
    if (version === undefined) throw invalidField("If-Match", 'must be an ETag as it was read, such as "7"');
    return Number(version);
  });
}

/** @throws AppError `conflict/version_mismatch` where the version is not among the allowed ones */
export function checkVersion(version: number, versions: readonly number[] | undefined): void {
  if (versions === undefined || versions.includes(version)) return;
  throw new AppError("conflict", "version_mismatch", {
    message: "It has changed since it was read.",
    version,
  });
}

/** For the descriptions of routes that change something with versions. */
export const IF_MATCH = "With If-Match the change is made only to the version that was read.";
export const CHANGES_FIELDS = `Only the fields sent are changed. ${IF_MATCH}`;
