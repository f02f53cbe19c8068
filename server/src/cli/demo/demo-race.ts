// `countinghouse demo race`: sells a few units to many buyers at once through the public API of a running server, and
// proves that neither a unit nor a cent was lost.
import { type Command, InvalidArgumentError } from "commander";
import { formatAmount, parseAmount } from "../../values/money.ts";
import { type ApiCaller, type ApiClient, expectDone, openApiClient } from "../api-client.ts";
import { EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";

interface RaceOptions {
  readonly stock: number;
  readonly buyers: number;
  readonly url: readonly string[];
}

const PRICE = "25.00";
const DEPOSIT = "100.00";
const CENTS_SCALE = 2;
const ACCOUNTS_AT_ONCE = 1_000;

interface Buyer {
  readonly name: string;
  readonly accountId: string;
}

interface Order {
  readonly id: string;
  readonly total: string;
}

/** The result of the race: all of it is read back through the API. */
interface Proof {
  readonly sold: number;
  readonly refused: number;
  /** Answers other than an order or "not in stock", by status and code. */
  readonly others: readonly string[];
  readonly milliseconds: number;
  readonly beforeShipping: Stock;
  readonly afterShipping: Stock;
  /** In cents: the orders' total, and the amount missing from the buyers' accounts. */
  readonly orderedCents: number;
  readonly paidCents: number;
  readonly integrity: { readonly clean: boolean; readonly kinds: readonly Kind[] };
}

interface Stock {
  readonly on_hand: number;
  readonly reserved: number;
  readonly available: number;
}

interface Kind {
  readonly kind: string;
  readonly differences: readonly { readonly what: string }[];
}

export function addDemoCommand(program: Command): void {
  const demo = program.command("demo").description("show a running server at work, with proof");
  const race = demo
    .command("race")
    .description("sell a few units to many buyers at once, and prove that stock and money are exact")
    .option("--stock <units>", "units there are", readCount, 10)
    .option("--buyers <count>", "buyers who each want one, all at once", readCount, 200)
    .option("--url <url>", "the server; several times for several processes on one database", collect, [])
    .action(async (options: RaceOptions) => {
      const proof = await runRace(options);
      const isExact = checkProof(proof, options).length === 0;
      const asJson = program.opts()["json"] === true;
      console.log(asJson ? JSON.stringify({ exact: isExact, ...proof }) : describeProof(proof, options));
      process.exitCode = isExact ? EXIT_CODES.done : EXIT_CODES.foundWrong;
    });
  addExamples(race, [
    ["countinghouse demo race --stock 10 --buyers 200", "10 sold, 190 refused"],
    [
      "countinghouse demo race --url http://localhost:8000 --url http://localhost:8001",
      "two processes sell the same units",
    ],
  ]);
}

async function runRace({ stock, buyers: count, url }: RaceOptions): Promise<Proof> {
  const clients = await Promise.all((url.length === 0 ? [undefined] : url).map(openApiClient));
  const [first] = clients;
  if (first === undefined) throw new InvalidArgumentError("--url must name a server");
  const staff = await first.as("admin", "demo");
  const name = `race-${Date.now().toString(36)}`;
  const { id: productId } = await expectDone(
    staff<{ id: number }>("POST", "/products", {
      body: { sku: name, name: "The last ones", price: PRICE, currency: "USD", initial_quantity: stock },
    }),
  );
  const buyers = await openBuyers(staff, { name, count });
  const startedAt = performance.now();
  const answers = await placeOrders(clients, { productId, buyers });
  const milliseconds = Math.round(performance.now() - startedAt);
  const orders = answers.flatMap(({ order }) => order ?? []);
  const beforeShipping = await readStock(staff, productId);
  await Promise.all(orders.map(({ id }) => expectDone(staff("POST", `/orders/${id}/ship`, { body: {} }))));
  return {
    sold: orders.length,
    refused: answers.filter(({ code }) => code === "insufficient_stock").length,
    others: answers.flatMap(({ order, code }) =>
      order === undefined && code !== "insufficient_stock" ? [code] : [],
    ),
    milliseconds,
    beforeShipping,
    afterShipping: await readStock(staff, productId),
    orderedCents: orders.reduce((sum, { total }) => sum + readCents(total), 0),
    paidCents: await readPaid(staff, buyers),
    integrity: await expectDone(staff<Proof["integrity"]>("GET", "/integrity?fresh=true")),
  };
}

/** Accounts with enough money for one unit each. */
async function openBuyers(
  staff: ApiCaller,
  { name, count }: { name: string; count: number },
): Promise<Buyer[]> {
  const names = Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  const buyers: Buyer[] = [];
  for (let from = 0; from < names.length; from += ACCOUNTS_AT_ONCE) {
    const some = names.slice(from, from + ACCOUNTS_AT_ONCE);
    const accounts = some.map((owner) => ({ owner_id: owner, external_owner: true, currency: "USD" }));
    const opened = await expectDone(
      staff<{ accounts: { id: string }[] }>("POST", "/accounts/batch", { body: { accounts } }),
    );
    const transactions = opened.accounts.map(({ id }) => ({
      type: "deposit",
      account_id: id,
      amount: DEPOSIT,
      currency: "USD",
    }));
    await expectDone(staff("POST", "/transactions/batch", { body: { mode: "atomic", transactions } }));
    buyers.push(
      ...some.map((buyer, index) => ({ name: buyer, accountId: opened.accounts[index]?.id ?? "" })),
    );
  }
  return buyers;
}

/** All at once, spread over the servers. */
async function placeOrders(
  clients: readonly ApiClient[],
  { productId, buyers }: { productId: number; buyers: readonly Buyer[] },
): Promise<{ order?: Order; code: string }[]> {
  const callers = await Promise.all(
    buyers.map(({ name }, index) => clients[index % clients.length]?.as("customer", name)),
  );
  return Promise.all(
    buyers.map(async ({ name, accountId }, index) => {
      const body = {
        items: [{ product_id: productId, quantity: 1 }],
        payment_method: "balance",
        account_id: accountId,
        currency: "USD",
      };
      const placed = await callers[index]?.<Order & { code?: string }>("POST", "/orders", {
        body,
        key: name,
      });
      if (placed === undefined) return { code: "no server" };
      if (placed.status === 201) return { order: placed.body, code: "" };
      return { code: placed.body.code ?? String(placed.status) };
    }),
  );
}

function readStock(staff: ApiCaller, productId: number): Promise<Stock> {
  return expectDone(staff<Stock>("GET", `/stock/${productId}`));
}

/** The part of the deposits that is missing from the buyers' accounts, in cents. */
async function readPaid(staff: ApiCaller, buyers: readonly Buyer[]): Promise<number> {
  const balances = await Promise.all(
    buyers.map(({ accountId }) =>
      expectDone(staff<{ balance: string }>("GET", `/accounts/${accountId}/balance`)),
    ),
  );
  return balances.reduce((sum, { balance }) => sum + readCents(DEPOSIT) - readCents(balance), 0);
}

/** A whole number, far below 2^53. */
function readCents(amount: string): number {
  const cents = parseAmount(amount, CENTS_SCALE);
  if (typeof cents !== "bigint") throw new Error(`the server answered ${amount}, which is no sum of USD`);
  return Number(cents);
}

/** The errors found, in words. */
function checkProof(proof: Proof, { stock, buyers }: RaceOptions): string[] {
  const sold = Math.min(stock, buyers);
  const claims: readonly (readonly [boolean, string])[] = [
    [proof.sold === sold, `${proof.sold} orders were accepted instead of ${sold}`],
    [proof.refused === buyers - sold, `${proof.refused} were refused instead of ${buyers - sold}`],
    [proof.beforeShipping.reserved === sold, `${proof.beforeShipping.reserved} units were reserved`],
    [proof.afterShipping.on_hand === stock - sold, `${proof.afterShipping.on_hand} units are left`],
    [proof.afterShipping.reserved === 0, `${proof.afterShipping.reserved} units are still reserved`],
    [proof.orderedCents === proof.paidCents, "the buyers paid another sum than the orders came to"],
    ...proof.integrity.kinds.flatMap(({ kind, differences }) =>
      differences.map(({ what }): [boolean, string] => [false, `${kind}: ${what}`]),
    ),
  ];
  return claims.flatMap(([holds, words]) => (holds ? [] : [words]));
}

function describeProof(proof: Proof, options: RaceOptions): string {
  const { stock, buyers } = options;
  const wrong = checkProof(proof, options);
  const { beforeShipping: held, afterShipping: left } = proof;
  const money = (cents: number) => formatAmount(BigInt(cents), CENTS_SCALE);
  const lines = [
    `${buyers} buyers wanted one of ${stock} units, all at once, and had their answers after ${proof.milliseconds} ms.`,
    "",
    `sold      ${proof.sold}`,
    `refused   ${proof.refused}, not in stock${proof.others.length === 0 ? "" : `; and ${proof.others.join(", ")}`}`,
    `stock     ${held.on_hand} on hand, ${held.reserved} reserved; after shipping ${left.on_hand} on hand, ${left.reserved} reserved`,
    `money     the orders came to ${money(proof.orderedCents)} USD, the buyers paid ${money(proof.paidCents)} USD`,
    `verified  ${proof.integrity.kinds.map(({ kind }) => kind).join(", ")}: ${proof.integrity.clean ? "all agree" : "they do not agree"}`,
    "",
    wrong.length === 0
      ? `Exact: ${proof.sold} sold, ${proof.refused} refused.`
      : `WRONG: ${wrong.join("; ")}.`,
  ];
  return lines.join("\n");
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function readCount(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new InvalidArgumentError("must be a whole number from 1 to 99999");
  return Number(value);
}
