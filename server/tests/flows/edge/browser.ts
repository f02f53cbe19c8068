// A real Chromium for tests of pages: Debian's, or the one that CHROMIUM names.
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import type { TestContext } from "vitest";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Nothing is looked up elsewhere, and no sandbox, which root in a container cannot have. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Undefined where there is none. */
export const CHROMIUM = [process.env["CHROMIUM"] ?? "", ...PATHS].find((path) => existsSync(path));

/** Leaves the test out where there is no Chromium, and says so: in CI that is a failure (ci-reporter.ts). */
export function needChromium({ skip }: Pick<TestContext, "skip">): void {
  skip(CHROMIUM === undefined, "no Chromium (install Debian's package chromium, or name one in CHROMIUM)");
}

export interface OpenedPage {
  readonly page: Page;
  /** Requests to anywhere but the page's own server. */
  readonly foreign: readonly string[];
  /** What the page complained about on its console. */
  readonly errors: readonly string[];
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? "", args: ARGUMENTS });
}

export async function openPage(browser: Browser, url: string): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  const [foreign, errors]: string[][] = [[], []];
  const { origin } = new URL(url);
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(`${origin}/`) || /^(data|blob):/.test(request.url());
    if (!isOwn) foreign?.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") errors?.push(message.text());
  });
  page.on("pageerror", (error) => errors?.push(error.message));
  await page.goto(url);
  return { page, foreign: foreign ?? [], errors: errors ?? [] };
}
