// Access tokens of the bench, signed with the secret that it gave the server: 64 customers and one admin. Minting them
// here instead of by `countinghouse token` saves 65 program starts.
import { mintToken } from "../server/src/http/authenticate.ts";
import type { Role } from "../server/src/values/actor.ts";

export const CUSTOMER_COUNT = 64;
const LIFETIME_SECONDS = 12 * 3_600;

export function nameCustomer(index: number): string {
  return `bench-customer-${index % CUSTOMER_COUNT}`;
}

export function mintAdminToken(secret: string): Promise<string> {
  return mint(secret, "bench-admin", "admin");
}

export function mintCustomerTokens(secret: string): Promise<string[]> {
  const names = Array.from({ length: CUSTOMER_COUNT }, (_, index) => nameCustomer(index));
  return Promise.all(names.map((name) => mint(secret, name, "customer")));
}

function mint(secret: string, name: string, role: Role): Promise<string> {
  return mintToken(
    { secret, audience: "countinghouse" },
    { id: name, name, roles: [role] },
    LIFETIME_SECONDS,
  );
}
