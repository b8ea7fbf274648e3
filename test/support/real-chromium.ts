import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "#test/docs/page.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const require = createRequire(import.meta.url);

/** What is used of a Locator of playwright-core: an element that is found again each time. */
interface Located {
  readonly first: () => Located;
  readonly count: () => Promise<number>;
  readonly click: () => Promise<void>;
  readonly fill: (text: string) => Promise<void>;
  readonly waitFor: (options?: { readonly state?: "visible" | "hidden"; readonly timeout?: number }) => Promise<void>;
  readonly innerText: () => Promise<string>;
  readonly getAttribute: (name: string) => Promise<string | null>;
  readonly isVisible: () => Promise<boolean>;
  readonly filter: (options: { readonly hasText: string | RegExp }) => Located;
  readonly getByRole: FindByRole;
  readonly getByText: (text: string | RegExp) => Located;
  readonly evaluate: <T>(run: (element: HTMLElementLike) => T) => Promise<T>;
}

type FindByRole = (role: string, options?: { readonly name?: string | RegExp; readonly exact?: boolean }) => Located;

/** What tests read and change of an element. */
interface HTMLElementLike {
  scrollTop: number;
  readonly scrollHeight: number;
  readonly scrollWidth: number;
  readonly clientWidth: number;
}

/** What is used of a Page of playwright-core. */
export interface OpenPage {
  readonly goto: (url: string) => Promise<unknown>;
  readonly title: () => Promise<string>;
  readonly getByRole: FindByRole;
  readonly getByText: (text: string | RegExp) => Located;
  readonly locator: (selector: string) => Located;
  readonly keyboard: { readonly press: (key: string) => Promise<void>; readonly type: (text: string) => Promise<void> };
  readonly screenshot: (options: { readonly path: string; readonly fullPage?: boolean }) => Promise<unknown>;
  readonly evaluate: <T>(script: string) => Promise<T>;
  readonly setViewportSize: (size: Size) => Promise<void>;
  readonly emulateMedia: (media: { readonly colorScheme: "light" | "dark" }) => Promise<void>;
  readonly on: (event: "console" | "pageerror" | "request", take: (what: Said) => void) => void;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A message of the console, an error or a request. */
interface Said {
  readonly type?: () => string;
  readonly text?: () => string;
  readonly url?: () => string;
  readonly message?: string;
}

interface Playwright {
  readonly chromium: {
    readonly launch: (options: object) => Promise<{
      readonly newPage: (options: object) => Promise<OpenPage>;
      readonly close: () => Promise<void>;
    }>;
  };
}

/** Whether a Chromium is here, and what drives it; if not, says so on standard error, once for each file that asks. */
export function hasChromium(): boolean {
  const missing = CHROMIUM === undefined ? "no Chromium is here (.ci/run installs Debian's)" : whyNoDriver();
  if (missing !== undefined) process.stderr.write(`skipped: ${missing}, so no browser looks at the page\n`);
  return missing === undefined;
}

function whyNoDriver(): string | undefined {
  try {
    require.resolve("playwright-core");
    require.resolve("axe-core");
    return undefined;
  } catch {
    return "playwright-core and axe-core are not installed (npm ci)";
  }
}

/** A page in a real Chromium, and all that it complained of and asked for. */
export interface RealPage extends AsyncDisposable {
  readonly page: OpenPage;
  /** Errors and warnings of the console: of scripts, and what the Content-Security-Policy forbade. */
  readonly complaints: readonly string[];
  /** The URLs that it asked for. */
  readonly asked: readonly string[];
}

/** Opens Chromium with an empty page. */
export async function openChromium(size: Size): Promise<RealPage> {
  // Its types are not imported: who has not installed it can check all others all the same.
  const { chromium } = require("playwright-core") as Playwright;
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Tests run as root, and in namespaces of their own, where Chromium cannot make more.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const page = await browser.newPage({ viewport: size });
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on("console", (message) => {
    if (message.type?.() === "error" || message.type?.() === "warning") complaints.push(message.text?.() ?? "");
  });
  page.on("pageerror", ({ message = "" }) => void complaints.push(message));
  page.on("request", (request) => void asked.push(request.url?.() ?? ""));
  return { page, complaints, asked, [Symbol.asyncDispose]: async () => browser.close() };
}

/** What axe-core finds wrong for people who do not see or use the page as others do: rule and places. `rules`: these alone. */
export async function findBarriers(page: OpenPage, rules?: readonly string[]): Promise<readonly string[]> {
  const { source } = require("axe-core") as { readonly source: string };
  // As the driver evaluates it, outside of the policy of the page.
  await page.evaluate(source);
  const { violations } = await page.evaluate<{
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly target: readonly string[] }[];
    }[];
  }>(`axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) })})`);
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map(({ target }) => target.join(" "))
        .join(", ")}`,
  );
}

/** Where pictures of the page are kept: they are not part of the repository. */
export function picturePath(name: string): string {
  const folder = join(root, "coverage/page");
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
