// The supplier's API in the words of earlier programs: is it there? `createSupplier` has the whole of it.
import { createSupplier, type Supplier, SupplierError } from "../../server/src/library.ts";
import { readSettings } from "./settings.ts";

export interface VendorApiOptions {
  /** Default: VENDOR_API_URL. */
  readonly url?: string;
  /** Default: VENDOR_API_TOKEN. */
  readonly token?: string;
  /** Default: REQUEST_TIMEOUT, which is in seconds there. */
  readonly timeoutMs?: number;
}

const NOT_FOUND = 404;

export class VendorApiClient {
  readonly #supplier: Supplier;

  /** @throws Error where no token is given and VENDOR_API_TOKEN is not set, or a setting cannot be used */
  constructor(options: VendorApiOptions = {}) {
    const read = readSettings(["VENDOR_API_URL", "VENDOR_API_TOKEN", "SUPPLY_TIMEOUT_MS"]);
    const token = options.token ?? read.VENDOR_API_TOKEN;
    if (token === undefined) throw new Error("VENDOR_API_TOKEN is not set: the supplier asks for it");
    const { url = read.VENDOR_API_URL, timeoutMs = read.SUPPLY_TIMEOUT_MS } = options;
    this.#supplier = createSupplier({ url, token, timeoutMs });
  }

  /**
   * Whether the supplier has so many of it. A SKU that it does not know is not there.
   * @throws SupplierError where there is no answer that can be believed: that is neither yes nor no
   */
  async checkAvailability(sku: string, quantity = 1): Promise<boolean> {
    if (!(Number.isSafeInteger(quantity) && quantity > 0))
      throw new Error("the quantity must be a whole number above zero");
    try {
      return (await this.#supplier.checkAvailability(sku)).available >= quantity;
    } catch (error) {
      if (error instanceof SupplierError && error.status === NOT_FOUND) return false;
      throw error;
    }
  }
}
