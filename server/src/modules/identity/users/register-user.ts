// Registers a user. In development the very first user becomes administrator, and the answer says so.
import { randomUUID } from "node:crypto";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Actor, Role } from "../../../values/actor.ts";
import { readEmailAddress } from "../../../values/email-address.ts";
import { readName } from "../../../values/names.ts";
import { readAll } from "../../../values/read-input.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { insertMail } from "../mails/mail-store.ts";
import { checkPassword } from "../passwords/password-rules.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { contextOf, indexEmail, keyOfUsername, openUser, readUsername, type User } from "./user.ts";
import { hasUsers, insertUser, lockFirstUser, selectTaken, selectUser } from "./user-store.ts";

export interface Registration {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly fullName: string | null;
}

export interface Registered {
  readonly user: User;
  readonly becameAdmin: boolean;
}

/**
 * A person's own registration, as a customer.
 * @throws AppError `invalid/invalid_request`, `invalid/password_refused`, `conflict/username_taken`, `conflict/email_taken`
 */
export async function registerUser(
  identity: Identity,
  registration: Registration,
  origin: AuditOrigin,
): Promise<Registered> {
  const { names } = readAll({
    names: () => readNames(registration),
    password: () => checkNewPassword(identity, registration),
  });
  // Outside of any transaction, because hashing takes long.
  const passwordHash = await identity.hasher.hash(registration.password);
  return inTransaction(identity.db, async (tx) => {
    const becameAdmin = identity.settings.environment !== "production" && (await isFirstUser(tx));
    const roles: Role[] = becameAdmin ? ["admin"] : ["customer"];
    const user = await createUser(tx, identity, { ...names, passwordHash, roles, actor: undefined, origin });
    return { user, becameAdmin };
  });
}

/** @throws AppError `invalid/password_refused` */
export function checkNewPassword(
  { commonPasswords }: Identity,
  { password, username, email, fullName }: Registration,
): void {
  checkPassword(password, { commonPasswords, words: [username, email, fullName ?? ""] });
}

export function readNames({ username, email, fullName }: Omit<Registration, "password">) {
  return readAll({
    username: () => readUsername(username),
    email: () => readEmailAddress(email),
    fullName: () => readFullName(fullName) ?? null,
  });
}

/** A blank address counts as none. @throws AppError `invalid/invalid_request` */
export function readFullName(fullName: string | null | undefined): string | null | undefined {
  return fullName?.trim() === "" ? null : readName(fullName, "full_name");
}

/** Takes the lock of the first user only as long as there is none. */
async function isFirstUser(tx: Tx): Promise<boolean> {
  if (await hasUsers(tx.sql)) return false;
  await lockFirstUser(tx);
  return !(await hasUsers(tx.sql));
}

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly fullName: string | null;
  readonly passwordHash: string | null;
  readonly roles: readonly Role[];
  /** Who creates the user; undefined: the user themselves. */
  readonly actor: Actor | undefined;
  readonly origin: AuditOrigin;
}

/**
 * Inserts the user, asks by mail to verify the address, and records it on the trail.
 * @throws AppError `conflict/username_taken`, `conflict/email_taken`
 */
export async function createUser(tx: Tx, identity: Identity, user: NewUser): Promise<User> {
  const { vault } = identity;
  const id = randomUUID();
  const at = dateOf(identity);
  const names = { usernameKey: keyOfUsername(user.username), emailIndex: indexEmail(vault, user.email) };
  const taken = await selectTaken(tx.sql, { ...names, at });
  if (taken.username) throw identityError("username_taken");
  if (taken.email) throw identityError("email_taken");
  await insertUser(tx, {
    ...user,
    ...names,
    id,
    email: vault.encrypt(user.email, contextOf("email", id)),
    fullName: user.fullName === null ? null : vault.encrypt(user.fullName, contextOf("full_name", id)),
    createdAt: at,
  });
  await insertMail(tx, { template: "verify_email", userId: id, login: null, at });
  await recordSecurity(tx, [
    {
      event: "user_created",
      actor: user.actor ?? id,
      userId: id,
      origin: user.origin,
      details: { roles: user.roles },
      personal: { username: user.username, email: user.email },
    },
  ]);
  const row = await selectUser(tx.sql, id);
  if (row === undefined) throw new Error("the user just inserted is not there");
  return openUser(vault, row);
}
