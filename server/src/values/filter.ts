// The filter of a list: each field narrows the list; a field that is left out or undefined does not.
import type { PageBounds } from "./page.ts";

export type Filter<Fields> = { readonly [Field in keyof Fields]?: Fields[Field] | undefined };

/** The same for one page. */
export type PageFilter<Fields> = Filter<Fields> & PageBounds;
