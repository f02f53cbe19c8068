// A user: a person or program that signs in. The forms in which names are compared, and the user's JSON document.

import type { Vault } from "../../../runtime/vault/vault.ts";
import type { Actor, Role } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { mailboxOf, parseEmailAddress } from "../../../values/email-address.ts";
import { identityError } from "../errors.ts";

export interface User {
  /** UUID, the `sub` of its tokens. */
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly fullName: string | null;
  readonly passwordHash: string | null;
  readonly roles: readonly Role[];
  readonly state: "active" | "disabled";
  readonly tokenVersion: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

/** A user as stored in the database, with the personal fields encrypted. */
export interface UserRow extends Omit<User, "email" | "fullName"> {
  readonly email: string;
  readonly fullName: string | null;
}

const USERNAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{1,62}[A-Za-z0-9])$/;

/** Names are plain ASCII, so that no two users look alike on a screen. @throws AppError `invalid/invalid_request` */
export function readUsername(input: string): string {
  const username = input.trim();
  if (USERNAME.test(username)) return username;
  throw invalidField(
    "username",
    "must have 3 to 64 letters a to z, digits, dots, dashes or underscores, and begin and end with a letter or digit",
  );
}

export function keyOfUsername(username: string): string {
  return username.toLowerCase();
}

/** A name or address as it is looked up and as attempts are counted: two spellings that find one user give the same text. */
export function foldLogin(login: string): string {
  const address = parseEmailAddress(login);
  return address === undefined ? login.normalize("NFKC").trim().toLowerCase() : mailboxOf(address);
}

export function indexEmail(vault: Vault, email: string): Buffer {
  return vault.blindIndex(`identity.email:${foldLogin(email)}`);
}

/** Contexts that bind an encrypted field to its row. */
export function contextOf(field: "email" | "full_name", userId: string): string {
  return `identity.users.${field}:${userId}`;
}

/** Decrypts the personal fields. @throws VaultError */
export async function openUser(vault: Vault, row: UserRow): Promise<User> {
  const [email, fullName] = await vault.decryptAll([
    { value: row.email, context: contextOf("email", row.id) },
    { value: row.fullName, context: contextOf("full_name", row.id) },
  ]);
  return { ...row, email: email ?? "", fullName: fullName ?? null };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether this can be a user's id at all: tokens of `countinghouse token` may carry any subject. */
export function isUserId(id: string): boolean {
  return UUID.test(id);
}

/** The acting user's id. @throws AppError `not_found/no_such_user` where the token belongs to no user */
export function readOwnId(actor: Actor): string {
  if (!isUserId(actor.id)) throw identityError("no_such_user");
  return actor.id;
}

export function describeUser(user: User) {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    full_name: user.fullName,
    roles: [...user.roles],
    state: user.state,
    version: user.version,
    created_at: user.createdAt.toISOString(),
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
  };
}
