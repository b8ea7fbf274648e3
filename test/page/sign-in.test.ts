import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type GuardedPage, openGuardedPage } from "#controller/ui/guarded-page.ts";
import { createLogger } from "#src/process/log.ts";
import type { AccessVerdict } from "#src/model/access-verdict.ts";
import { readPageFiles } from "#src/page/page-files.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { eventually } from "#test/support/eventually.ts";
import { findBarriers, hasChromium, openChromium, picturePath, type RealPage } from "#test/support/real-chromium.ts";
import { sampleInstallation, sampleRoutes } from "#test/support/sample-installation.ts";

describe.skipIf(!hasChromium())("14 A signing in to the page of the controller, in a browser", () => {
  const input = sampleInstallation({ nowMs: Date.now(), nodes: 3, services: 20, hasAlarms: true });
  const view = viewPage(input, sampleRoutes(input, true));
  const shown: string[] = [];
  const verdicts = new Map<string, AccessVerdict>([
    ["good", "allowed"],
    ["stranger", "forbidden"],
  ]);
  let server: GuardedPage;
  let url: string;
  let browser: RealPage;

  beforeAll(async () => {
    server = await openGuardedPage({
      listening: { port: 0, address: "127.0.0.1", hosts: ["127.0.0.1"], certificate: undefined },
      files: readPageFiles(),
      title: "the cluster of hawser-system",
      everyMs: 50,
      look: async () => Promise.resolve({ ok: true, view }),
      explain: async () => Promise.resolve({ subject: {}, steps: [], next: "Nothing to do." }),
      history: async () => Promise.resolve({ entries: [] }),
      judge: async (token) => {
        shown.push(token);
        return Promise.resolve(verdicts.get(token) ?? "unauthenticated");
      },
      admitAgainMs: 50,
      log: createLogger({ component: "test", level: "silent" }),
    });
    url = `http://127.0.0.1:${await server.listening}/`;
    browser = await openChromium({ width: 1_000, height: 700 });
    await browser.page.goto(url);
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server.close();
  });

  const submit = async (token: string): Promise<void> => {
    await browser.page.locator("#token").fill(token);
    await browser.page.keyboard.press("Enter");
  };
  const live = async (): Promise<void> => browser.page.getByRole("heading", { name: "Addresses 21" }).waitFor();

  it("asks for a token, without barriers, and has asked the server for nothing that it may not say", async () => {
    const { page } = browser;
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect([shown, server.following()]).toEqual([[], 0]);
    await page.screenshot({ path: picturePath("sign-in") });
  });

  it.each([
    { what: "a wrong token", token: "forged", says: "does not accept this token" },
    { what: "a user without the right", token: "stranger", says: "Bind the ClusterRole hawser-ui-viewer" },
  ])("says what is wrong with $what, and shows nothing", async ({ token, says }) => {
    await submit(token);
    await browser.page.getByRole("alert").getByText(says).waitFor();
    expect(await browser.page.getByRole("heading", { name: /Addresses/ }).count()).toBe(0);
    expect(await findBarriers(browser.page)).toEqual([]);
  });

  it("shows the page, and explains, with the token in a header alone", async () => {
    const { page } = browser;
    await submit("  good\n");
    await live();
    await page.getByText("the cluster of hawser-system").waitFor();
    await page.getByRole("button", { name: "Service intranet/search" }).click();
    await page.getByText("Nothing to do.").waitFor();
    expect(shown.at(-1)).toBe("good");
    expect(browser.asked.filter((one) => one.includes("good") || !one.startsWith(url))).toEqual([]);
    expect(await page.evaluate("[document.cookie, localStorage.length, sessionStorage.length].join()")).toBe(",0,0");
    await page.keyboard.press("Escape");
  });

  it("shows nothing any longer when the right is taken away", async () => {
    verdicts.set("good", "forbidden");
    await browser.page.getByRole("alert").getByText("may not see the page").waitFor();
    expect(await browser.page.getByRole("heading", { name: /Addresses/ }).count()).toBe(0);
    verdicts.set("good", "allowed");
    await submit("good");
    await live();
  });

  it("keeps what it saw while the API server does not say, and goes on after that", async () => {
    const { page } = browser;
    verdicts.set("good", "unknown");
    await page.getByRole("alert").getByText("The API server does not say").waitFor();
    expect(await page.getByRole("heading", { name: "Addresses 21" }).count()).toBe(1);
    verdicts.set("good", "allowed");
    await page.getByRole("alert").waitFor({ state: "hidden" });
    await vi.waitFor(async () => expect(await page.getByRole("status").innerText()).toContain("live"), eventually);
  });

  it("has forgotten the token after it was loaded again", async () => {
    await browser.page.goto(url);
    await browser.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await browser.page.getByRole("alert").count()).toBe(0);
  });

  it("nothing in it breaks its policy", () => {
    const isExpected = (text: string): boolean =>
      /status of (?:401|403|503)|ERR_INCOMPLETE_CHUNKED_ENCODING/.test(text);
    expect(browser.complaints.filter((text) => !isExpected(text))).toEqual([]);
  });
});
