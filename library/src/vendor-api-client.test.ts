import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeVendorToken, startVendor, type Vendor } from "../../server/tests/servers/vendor.ts";
import { VendorApiClient } from "./vendor-api-client.ts";

let vendor: Vendor;
beforeEach(async () => {
  vendor = await startVendor();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await vendor.stop();
});

it("F6-34: says whether there is one, or as many, by what the environment names", async () => {
  vi.stubEnv("VENDOR_API_URL", vendor.url);
  vi.stubEnv("VENDOR_API_TOKEN", makeVendorToken());
  vi.stubEnv("REQUEST_TIMEOUT", "5");
  const client = new VendorApiClient();
  expect(await client.checkAvailability("WH-001")).toBe(true);
  expect([await client.checkAvailability("WH-001", 7), await client.checkAvailability("WH-001", 8)]).toEqual([
    true,
    false,
  ]);
  vendor.plan({ lie: { available: 0 } });
  expect(await client.checkAvailability("WH-001")).toBe(false);
  expect(vendor.calls[0]?.headers.authorization).toBe(`Bearer ${makeVendorToken()}`);
});

it("F6-34: what the supplier does not know is not there; no answer is neither yes nor no", async () => {
  const client = new VendorApiClient({ url: vendor.url, token: makeVendorToken(), timeoutMs: 10_000 });
  vendor.plan({ status: 404 });
  expect(await client.checkAvailability("WH-002")).toBe(false);
  vendor.plan({ status: 401 });
  await expect(client.checkAvailability("WH-001")).rejects.toMatchObject({
    name: "SupplierError",
    status: 401,
  });
  vendor.plan("drop", "drop", "drop", "drop");
  await expect(client.checkAvailability("WH-001")).rejects.toMatchObject({
    name: "SupplierError",
    outcome: "unknown",
  });
});

it("F6-34: names a setting that is missing or cannot be used as it was given", () => {
  vi.stubEnv("VENDOR_API_TOKEN", "");
  expect(() => new VendorApiClient()).toThrow("VENDOR_API_TOKEN is not set");
  vi.stubEnv("REQUEST_TIMEOUT", "5000");
  expect(() => new VendorApiClient({ token: "t" })).toThrow(
    'REQUEST_TIMEOUT must be seconds from 0.05 to 120, not "5000"',
  );
  vi.stubEnv("REQUEST_TIMEOUT", "30");
  vi.stubEnv("PORT", "what a program beside ours means by it"); // is its own affair
  expect(() => new VendorApiClient({ token: "t" })).not.toThrow();
  return expect(new VendorApiClient({ token: "t" }).checkAvailability("A", 0)).rejects.toThrow("above zero");
});
