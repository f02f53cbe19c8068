// The page at /, the API page, and the document behind it, in a real browser.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { CHROMIUM, needChromium, openBrowser, openPage } from "./browser.ts";

const PATIENCE = { timeout: 30_000, interval: 100 };

let app: TestApp;
let browser: Browser | undefined;
beforeAll(async () => {
  app = await startTestApp({ INTEGRITY_CHECK_SECONDS: "10" });
  if (CHROMIUM !== undefined) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app.stop();
});

function open(url: string) {
  if (browser === undefined) throw new Error("no browser");
  return openPage(browser, url);
}

const html = async (of = app) =>
  String((await of.call("GET", "/", { headers: { accept: "text/html,*/*;q=0.8" } })).body);

describe("the document", () => {
  it("F6-31 begins with signing in, products and orders, and says what each part is", async () => {
    const { tags, paths } = (await app.call("GET", "/openapi.json")).body;
    const names: string[] = tags.map(({ name }: { name: string }) => name);
    expect(names.slice(0, 3)).toEqual(["Sign in", "Products", "Orders"]);
    for (const { description } of tags) expect(description).toMatch(/^[A-Z].*\.$/);
    const operations = Object.values(paths as Record<string, Record<string, { tags: string[] }>>);
    const used = new Set(
      operations.flatMap((item) => Object.values(item).flatMap((operation) => operation.tags)),
    );
    expect(names.toSorted()).toEqual([...used].toSorted());
    expect(Object.keys(paths).filter((path) => paths[path].post?.tags[0] === "Sign in")[0]).toBe(
      "/api/v1/auth/register",
    );
  });

  it("F6-31 names the server, and tells of the paths without /api/v1", async () => {
    const { servers, info } = (await app.call("GET", "/openapi.json")).body;
    expect(servers).toEqual([{ url: app.url }]);
    expect(info.description).toContain("`/orders` for `/api/v1/orders`");
    const elsewhere = await startTestApp({
      PUBLIC_URL: "https://shop.example.com/api/",
      DB_URL: app.databaseUrl,
    });
    expect((await elsewhere.call("GET", "/openapi.json")).body.servers).toEqual([
      { url: "https://shop.example.com/api" },
    ]);
    await elsewhere.stop();
  });
});

describe("the API page", () => {
  beforeEach(needChromium);

  it("F6-31 opens on signing in, products and orders, under our name, with requests that can be copied", async () => {
    const { page, foreign, errors } = await open(`${app.url}/docs`);
    await page.getByText("/api/v1/auth/register").first().waitFor();
    expect(await page.title()).toBe("Countinghouse API");
    const groups = await page.locator("aside a, nav a, aside button, nav button").allInnerTexts();
    const places = ["Sign in", "Products", "Orders", "Operations"].map((name) =>
      groups.findIndex((text) => text.trim().split("\n")[0] === name),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    await expect
      .poll(() => page.locator("body").innerText(), PATIENCE)
      .toContain(`curl ${app.url}/api/v1/auth/register`);
    expect({ foreign, errors }).toEqual({ foreign: [], errors: [] });
    await page.close();
  });

  it("F6-31 shows nothing of what the page's maker sells, nor leads there", async () => {
    const { page, foreign } = await open(`${app.url}/docs/`);
    await page.getByText("/api/v1/auth/register").first().waitFor();
    const sold =
      /Ask AI|Agent|MCP|Cursor\b|VS Code|Developer Tools|\bShare\b|\bDeploy\b|Powered by|Open (in )?API Client|Upload|Scalar|Sign up/;
    expect((await page.locator("body").innerText()).match(sold)).toBeNull();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search").waitFor();
    expect((await page.locator("body").innerText()).match(sold)).toBeNull();
    await page.keyboard.press("Escape");
    await page
      .getByRole("button", { name: /Test Request/ })
      .first()
      .click();
    await page.getByRole("button", { name: /^Send/ }).first().waitFor();
    expect((await page.locator("body").innerText()).match(sold)).toBeNull();
    const links = await page
      .locator("a:visible")
      .evaluateAll((all) => all.map((link) => (link as { href?: string }).href ?? ""));
    expect(links.filter((href) => /^https?:/.test(href) && !href.startsWith(app.url))).toEqual([]);
    expect(foreign).toEqual([]);
    await page.close();
  });

  it("F6-31 sends what is tried to the server that the page came from", async () => {
    const { page, errors } = await open(`${app.url}/docs/`);
    await page.getByText("/api/v1/auth/register").first().waitFor();
    await page
      .getByRole("button", { name: /Test Request/ })
      .first()
      .click();
    const answered = page.waitForResponse((response) => response.url() === `${app.url}/api/v1/auth/register`);
    await page.getByRole("button", { name: /^Send/ }).first().click();
    expect((await answered).status()).toBe(201); // the document's example
    expect(errors).toEqual([]);
    await page.close();
  });
});

describe("the page at /", () => {
  it("F6-31 says what runs, leads on, and has neither script nor anything from elsewhere", async () => {
    const { status, headers } = await app.call("GET", "/", { headers: { accept: "text/html" } });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';img-src 'self';/,
    );
    const page = await html();
    expect(page).not.toMatch(/<script|https?:\/\/| on\w+=/);
    expect(page).toContain("<strong>Ready</strong>");
    expect(page).toMatch(/<dt>Since<\/dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC<\/dd>/);
    const hrefs = [...page.matchAll(/<a href="([^"]+)"/g)].map(([, href]) => href ?? "");
    expect(hrefs).toEqual(
      expect.arrayContaining(["docs/", "openapi.json", "health/ready", "metrics", "dev/mailbox"]),
    );
    for (const href of hrefs)
      await expect.poll(async () => (await app.call("GET", `/${href}`)).status, PATIENCE).toBe(200); // a checkpoint is made in time
    expect((await app.call("GET", "/favicon.svg")).headers.get("content-type")).toBe("image/svg+xml");
  });

  it("F6-31 is JSON for a program", async () => {
    await expect.poll(async () => (await app.call("GET", "/")).body.integrity, PATIENCE).not.toBeNull();
    expect((await app.call("GET", "/")).body).toEqual({
      name: "Countinghouse",
      status: "ready",
      degraded: [],
      integrity: { clean: true, checked_at: expect.any(String) },
      docs: "/docs/",
      openapi: "/openapi.json",
    });
  });

  it("F6-31 shows the state of integrity: agreed, and with a difference", async () => {
    await expect.poll(html, PATIENCE).toContain("Everything agrees.");
    /** Each time anew: a check of the program's own may have come in between. */
    const spoiled = async () => {
      await app.db`UPDATE reports.integrity_checks SET findings = jsonb_set(findings, '{ledger}', '[{"check":"x","what":"<b>y</b>"}]')`;
      return html();
    };
    await expect
      .poll(spoiled, PATIENCE)
      .toMatch(
        /<p class="bad"><strong>\d+ differences? (was|were) found\.<\/strong> Run: npx countinghouse verify/,
      );
    expect((await app.call("GET", "/")).body.integrity).toMatchObject({ clean: false });
  });

  it("F6-31 says so where nothing can be written", async () => {
    const database = new URL(app.databaseUrl).pathname.slice(1);
    const alter = async (change: string) => {
      await app.db.unsafe(`ALTER DATABASE ${database} ${change}`);
      await app.db`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = ${new URL(app.databaseUrl).username}`;
    };
    await alter("SET default_transaction_read_only = on");
    await expect.poll(html, PATIENCE).toContain("<strong>Not ready: database read only</strong>");
    await alter("RESET default_transaction_read_only");
    await expect.poll(html, PATIENCE).toContain("<strong>Ready</strong>");
  });

  it("F6-31 tells strangers in production no more than since when it runs", async () => {
    const production = await startTestApp({
      APP_ENV: "production",
      JWT_SECRET_KEY: "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ",
      API_KEY_V1: "4f9c1e7ab2d80356e1fb7c942a6d03f85b1ce97d40a2386f",
      METRICS_TOKEN: "a-token-for-metrics-Xk9q2LmT7v",
      ENCRYPTION_KEY: "9vQkWc0u3mXyR7tEoZ1hJdLb5sNfGpA8iKqUe2xTnVM=",
    });
    const page = await html(production);
    expect(page).toContain("<dt>Since</dt>");
    expect(page).not.toMatch(/Environment|Database|PostgreSQL|sandbox|mailbox|metrics/i);
    await production.stop();
  });

  it("F6-31 is shown as it is meant, in a browser", async (context) => {
    needChromium(context);
    const { page, foreign, errors } = await open(app.url);
    expect(await page.title()).toBe("Countinghouse");
    expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")).toBe("30.4px");
    await page.getByRole("link", { name: "API page" }).click();
    await page.waitForURL(`${app.url}/docs/`);
    expect({ foreign, errors }).toEqual({ foreign: [], errors: [] });
    await page.close();
  });
});
