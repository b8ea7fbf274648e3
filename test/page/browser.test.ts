import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readPageFiles } from "#src/page/page-files.ts";
import type { PageServer } from "#src/page/page-server.ts";
import { explain } from "#src/view/explain.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { viewHistory } from "#src/view/view-history.ts";
import { eventually } from "#test/support/eventually.ts";
import { questionOf } from "#test/support/explain-url-cases.ts";
import { testPageServer } from "#test/support/page-server.ts";
import { findBarriers, hasChromium, openChromium, picturePath, type RealPage } from "#test/support/real-chromium.ts";
import { sampleInstallation, sampleRoutes } from "#test/support/sample-installation.ts";

/** A wide screen, and a telephone. */
const SIZES = { wide: { width: 1_400, height: 900 }, narrow: { width: 390, height: 844 } } as const;

describe.skipIf(!hasChromium())("14 A the page in a browser", () => {
  const nowMs = Date.now();
  const input = sampleInstallation({ nowMs, nodes: 20, services: 300, hasAlarms: true });
  const routes = sampleRoutes(input, true);
  let view: PageView = viewPage(input, routes);
  let server: PageServer & AsyncDisposable;
  let browser: RealPage;

  beforeAll(async () => {
    server = await testPageServer(() => view, {
      files: readPageFiles(),
      everyMs: 50,
      title: "cluster sample",
      explain: async (subject) => {
        if (subject.startsWith("http")) return Promise.resolve(explainUrl(routes, questionOf(subject)));
        const explained = explain(input, subject);
        return Promise.resolve(explained.ok ? explained.explanation : { why: explained.why });
      },
      history: async (subject) => {
        const viewed = viewHistory(input, subject);
        return Promise.resolve(viewed.ok ? viewed.view : { why: viewed.why });
      },
    });
    browser = await openChromium(SIZES.wide);
    await browser.page.goto(server.url);
    await browser.page.getByRole("heading", { name: "Addresses 301" }).waitFor();
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** The text of a part of the page. */
  const textOf = async (name: string): Promise<string> => browser.page.getByRole("region", { name }).innerText();

  it("shows the alarm case on one screen: figures, what needs a person, the rack, the last hour, pools, routes", async () => {
    const { page } = browser;
    expect((await page.locator(".strip").innerText()).replaceAll(/\s+/g, " ")).toMatch(
      /^Not served 2 of 301 Services Pending 1 without an address Speakers 19\/20 up Leader hawser-controller-\S+ renewed \d+s ago Configuration 3 pools loaded, 31m ago$/,
    );
    const needs = await textOf("Needs you");
    expect(needs).toContain("Service intranet/search PoolExhausted");
    expect(needs).toContain("Add a range to the pool, or delete a Service that no longer needs its address.");
    expect(needs).toContain("Node node-07");
    expect(await textOf("Rack")).toMatch(/node-07\s+silent/);
    expect(await textOf("Last hour")).toMatch(
      /takeover\s+node-01 took over 10\.20\.0\.10 from node-07\s+MemberSilent\s+gap ≤ 97 ms/,
    );
    expect(await textOf("Pools")).toMatch(/public\s+1 of 1\s+100 %/);
    expect(await textOf("Routes")).toContain("api.blog.example/");
    expect(await page.title()).toBe("2 not served · Hawser");
  });

  it.each(["light", "dark"] as const)("can be read where the machine is set to %s", async (colorScheme) => {
    const { page } = browser;
    await page.emulateMedia({ colorScheme });
    expect(await findBarriers(page, ["color-contrast"])).toEqual([]);
    await page.screenshot({ path: picturePath(`wide-${colorScheme}`), fullPage: true });
  });

  it("explains what is clicked and what is typed, by keyboard too, without barriers for people who cannot see or use a mouse", async () => {
    const { page } = browser;
    await page.getByRole("button", { name: "Service intranet/search" }).click();
    const details = page.getByRole("complementary", { name: "intranet/search" });
    await details.getByText("Add a range to the pool").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.screenshot({ path: picturePath("wide-explained") });
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    await page.keyboard.type("http://api.blog.example/");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "http://api.blog.example/" }).getByText("listener").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Addresses 301" }).waitFor();
  });

  it("finds by address, and never says that what a search hides is not there", async () => {
    const { page } = browser;
    await page.getByRole("searchbox").fill("10.20.0.119");
    await page.getByRole("heading", { name: "Addresses 1 of 301" }).waitFor();
    expect(await textOf("Needs you")).not.toContain("Nothing needs you");
    expect(await textOf("Pools")).toContain("Nothing here matches the search.");
    await page.getByRole("searchbox").fill("");
  });

  it("changes while it is open, without a reload", async () => {
    const { page } = browser;
    const before = view;
    const addresses = before.addresses.map((row) => (row.ip === "10.20.0.11" ? { ...row, owner: "node-19" } : row));
    view = { ...before, addresses };
    await page.getByRole("row", { name: /10\.20\.0\.11 blog\/api node-19/ }).waitFor();
    view = before;
    await page.getByRole("row", { name: /10\.20\.0\.11 blog\/api node-02/ }).waitFor();
  });

  it("is readable at 390 pixels: nothing is wider than the screen", async () => {
    const { page } = browser;
    await page.setViewportSize(SIZES.narrow);
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(wide).toBe(SIZES.narrow.width);
    expect(await findBarriers(page, ["color-contrast"])).toEqual([]);
    await page.screenshot({ path: picturePath("narrow-dark"), fullPage: true });
    await page.emulateMedia({ colorScheme: "light" });
    await page.screenshot({ path: picturePath("narrow-light"), fullPage: true });
    await page.setViewportSize(SIZES.wide);
  });

  it("scrolls through 10,000 addresses, of which few are in the document", async () => {
    const { page } = browser;
    const before = view;
    const [row] = before.addresses as [PageView["addresses"][number]];
    const addresses = Array.from({ length: 10_000 }, (_, at) => ({
      ...row,
      key: `k${at}`,
      service: `shop/s${at}`,
      served: true,
    }));
    view = { ...before, addresses };
    await page.getByRole("heading", { name: "Addresses 10000" }).waitFor();
    const table = page.getByRole("table", { name: "Addresses" });
    const rows = table.getByRole("row");
    expect(await table.getAttribute("aria-rowcount")).toBe("10001");
    for (const at of [0, 5_000, 9_999]) {
      await page.locator(".addresses .body").evaluate((body) => void (body.scrollTop = 0));
      await page.evaluate(`document.querySelector(".addresses .body").scrollTop = ${at * 34}`);
      await table.getByRole("button", { name: `shop/s${at}`, exact: true }).waitFor();
      expect(await rows.count()).toBeLessThan(60);
    }
    view = before;
    await page.getByRole("heading", { name: "Addresses 301" }).waitFor();
  });

  it("says so when the server is gone, and keeps what it saw", async () => {
    const { page } = browser;
    const { port } = new URL(server.url);
    await server[Symbol.asyncDispose]();
    await page.getByRole("alert").getByText("The server of this page does not answer").waitFor();
    expect(await textOf("Needs you")).toContain("Service intranet/search");
    server = await testPageServer(() => view, { files: readPageFiles(), everyMs: 50, listen: { port: Number(port) } });
    await page.getByRole("alert").waitFor({ state: "hidden" });
    await vi.waitFor(async () => expect(await page.getByRole("status").innerText()).toContain("live"), eventually);
  });

  it("asks no other host for anything, and nothing in it breaks its policy", () => {
    expect(browser.asked.filter((url) => !url.startsWith(server.url))).toEqual([]);
    // The server was away for a moment.
    expect(
      browser.complaints.filter(
        (text) => !/ERR_(?:CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/.test(text),
      ),
    ).toEqual([]);
  });
});
