// What a list is asked for: each field narrows it, and one that is left out or undefined does not.

export type Filter<Fields> = { readonly [Field in keyof Fields]?: Fields[Field] | undefined };

/** The same for one page, of at most `limit` rows. */
export type PageFilter<Fields> = Filter<Fields> & { readonly limit: number };
