// Finds users for staff. Only whole names and addresses are found: addresses are encrypted, so parts cannot be searched.

import type { Role } from "../../../values/actor.ts";
import { readEmailAddress } from "../../../values/email-address.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { Identity } from "../settings.ts";
import { indexEmail, keyOfUsername, openUser, type User } from "./user.ts";
import { selectUsers } from "./user-store.ts";

export type UserSearch = PageFilter<{
  username: string;
  email: string;
  role: Role;
  state: string;
  afterId: string;
}>;

/** @throws AppError `invalid/invalid_request` where the address is not valid */
export async function listUsers({ db, vault }: Identity, search: UserSearch): Promise<User[]> {
  const { username, email, ...rest } = search;
  const rows = await selectUsers(db, {
    ...rest,
    usernameKey: username === undefined ? undefined : keyOfUsername(username),
    emailIndex: email === undefined ? undefined : indexEmail(vault, readEmailAddress(email)),
  });
  return Promise.all(rows.map((row) => openUser(vault, row)));
}
