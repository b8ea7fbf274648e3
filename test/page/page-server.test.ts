import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { readPageFiles } from "#src/page/page-files.ts";
import { applyChanges, type PageChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { eventually } from "#test/support/eventually.ts";
import { explainCase } from "#test/support/explain-cases.ts";
import { askPage, followPage, testPageServer, TOKEN } from "#test/support/page-server.ts";

const page = viewPage(explainCase("Announced.in.yaml"));

describe("14 A the page is for the person that started it alone", () => {
  it.each([
    { name: "the address that was printed", path: "/", status: 200 },
    {
      name: "the address, followed from another page",
      path: "/",
      headers: { "sec-fetch-site": "cross-site" },
      status: 200,
    },
    {
      name: "a question of the page itself",
      path: "/about",
      headers: { "sec-fetch-site": "same-origin" },
      status: 200,
    },
    { name: "localhost", path: "/", host: "localhost", status: 200 },
    { name: "the host in capitals", path: "/", host: "LOCALHOST", status: 200 },
    { name: "another name that leads here (DNS rebinding)", path: "/", host: "evil.example", status: 421 },
    { name: "a name that only begins like ours", path: "/", host: "127.0.0.1.evil.example", status: 421 },
    { name: "no token", root: "", path: "/", status: 404 },
    { name: "another token", root: "/0123456789abcdeX", path: "/", status: 404 },
    { name: "a shorter token", root: "/0123", path: "/about", status: 404 },
    {
      name: "a question of another site",
      path: "/explain?subject=shop/web",
      headers: { "sec-fetch-site": "cross-site" },
      status: 403,
    },
    {
      name: "a question of another port of this host",
      path: "/stream",
      headers: { "sec-fetch-site": "same-site" },
      status: 403,
    },
    {
      name: "a question with a foreign Origin",
      path: "/about",
      headers: { origin: "https://evil.example" },
      status: 403,
    },
    { name: "a question with the Origin null", path: "/about", headers: { origin: "null" }, status: 403 },
    { name: "POST", path: "/", method: "POST", status: 405 },
    { name: "DELETE", path: "/explain", method: "DELETE", status: 405 },
    {
      name: "OPTIONS, which CORS would ask first",
      path: "/about",
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
      status: 405,
    },
    { name: "a file of the machine", path: "/web/../../etc/passwd", status: 404 },
    { name: "a name of the prototype", path: "/constructor", status: 404 },
    { name: "a subject without end", path: `/explain?subject=${"a".repeat(3_000)}`, status: 400 },
  ])("$name: $status", async ({ path, root = `/${TOKEN}`, host, headers = {}, method = "GET", status }) => {
    await using server = await testPageServer(() => page);
    const { port } = new URL(server.url);
    const sent: Readonly<Record<string, string>> = { ...headers, host: `${host ?? "127.0.0.1"}:${port}` };
    const answered = await askPage(`http://127.0.0.1:${port}${root}${path}`, { method, headers: sent });
    expect(answered.status).toBe(status);
    expect(answered.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answered.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(answered.headers["content-security-policy"]).not.toMatch(/unsafe|http|\*/);
    expect(answered.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
  });

  it("listens on 127.0.0.1 alone", async () => {
    await using server = await testPageServer(() => page);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.2");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("answers HEAD without a body, also for the stream, which then follows nothing", async () => {
    const look = vi.fn(() => page);
    await using server = await testPageServer(look);
    expect(await askPage(server.url, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect(await askPage(`${server.url}stream`, { method: "HEAD" })).toMatchObject({ status: 404 });
    expect(look).not.toHaveBeenCalled();
  });
});

describe("14 A the page is live", () => {
  it("gets the whole page first, and then what changed", async () => {
    let view: PageView = page;
    await using server = await testPageServer(() => view);
    const messages = followPage(server);
    const first = await messages.next();
    expect(first.value).toMatchObject({ event: "page", data: { view: page } });
    view = { ...page, nodes: page.nodes.slice(1) };
    for await (const { event, data } of messages) {
      if (event !== "changes") continue;
      expect(applyChanges(page, data as unknown as PageChanges)).toEqual(view);
      break;
    }
  });

  it("gets the whole page again after it connected again", async () => {
    await using server = await testPageServer(() => page);
    for (const _ of [1, 2])
      for await (const { event } of followPage(server)) {
        expect(event).toBe("page");
        break;
      }
  });

  it("is told why nothing can be seen, and sees again", async () => {
    let isBlind = true;
    const problem = {
      code: "API_SERVER_UNREACHABLE" as const,
      where: "https://api",
      what: "Cannot list",
      why: "refused",
      fix: "Look",
    };
    await using server = await testPageServer(() => page, {
      look: async () => Promise.resolve(isBlind ? { ok: false, problems: [problem] } : { ok: true, view: page }),
    });
    const seen: string[] = [];
    for await (const { event, data } of followPage(server)) {
      seen.push(event);
      if (event === "blind") expect(data["problems"]).toEqual([problem]);
      isBlind = false;
      if (event === "page") break;
    }
    expect(seen.slice(0, 1)).toEqual(["blind"]);
  });

  it("says so where looking itself fails", async () => {
    await using server = await testPageServer(() => {
      throw new Error("it broke");
    });
    const { value } = await followPage(server).next();
    expect(value).toMatchObject({ event: "blind", data: { problems: [{ code: "", why: "it broke" }] } });
  });

  it("looks only while a page follows", async () => {
    const look = vi.fn(() => page);
    await using server = await testPageServer(look);
    await askPage(server.url);
    expect(look).not.toHaveBeenCalled();
    for await (const _ of followPage(server)) break;
    await vi.waitFor(() => expect(server.following()).toBe(0), eventually);
    const looks = look.mock.calls.length;
    await askPage(server.url);
    expect(look.mock.calls.length).toBeLessThanOrEqual(looks + 1);
  });

  it("16 pages follow at most, and the next one is told", async () => {
    await using server = await testPageServer(() => page);
    const open = Array.from({ length: 16 }, () => followPage(server));
    await Promise.all(open.map(async (messages) => messages.next()));
    expect(await askPage(`${server.url}stream`)).toMatchObject({ status: 503 });
    await open[0]?.return(undefined);
    await vi.waitFor(() => expect(server.following()).toBe(15), eventually);
    const again = followPage(server);
    expect((await again.next()).value).toMatchObject({ event: "page" });
    await Promise.all([...open, again].map(async (messages) => messages.return(undefined)));
  });

  it("a browser that does not read gets no more than it can hold, and the whole page later", async () => {
    const [row] = page.addresses as [PageView["addresses"][number]];
    let version = 0;
    const large = (): PageView => {
      version += 1;
      const addresses = Array.from({ length: 200 }, (_, at) => ({
        ...row,
        key: `k${at}`,
        message: `${version} ${"x".repeat(3_000)}`,
      }));
      return { ...page, addresses };
    };
    await using server = await testPageServer(large);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.pause();
    socket.write(`GET /${TOKEN}/stream HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n\r\n`);
    await vi.waitFor(() => expect(version).toBeGreaterThan(16), eventually);
    // 16 versions of 0.6 MB were made: of what was sent the kernel holds some, the process one message.
    let read = 0;
    let text = "";
    socket.on("data", (part: Buffer) => {
      read += part.length;
      text = (text + part.toString("latin1")).slice(-1_500_000);
    });
    const atResume = version;
    socket.resume();
    await vi.waitFor(() => expect(text.split("event: page").length).toBeGreaterThan(1), eventually);
    await vi.waitFor(() => expect(version).toBeGreaterThan(atResume + 2), eventually);
    expect(read).toBeLessThan(atResume * 600_000);
    socket.destroy();
  });
});

describe("14 A a page whose browser takes nothing", () => {
  it("is closed after a minute, and its place is for another one", async () => {
    let aheadMs = 0;
    const [row] = page.addresses as [PageView["addresses"][number]];
    const large = Array.from({ length: 3_000 }, (_, at) => ({ ...row, key: `k${at}`, message: "x".repeat(3_000) }));
    const look = vi.fn(() => ({ ...page, addresses: large }));
    await using server = await testPageServer(look, { nowMs: () => Date.now() + aheadMs });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.pause();
    socket.write(`GET /${TOKEN}/stream HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n\r\n`);
    // The second look finds that the first page was not taken.
    await vi.waitFor(() => expect(look.mock.calls.length).toBeGreaterThan(3), eventually);
    expect(server.following()).toBe(1);
    aheadMs = 61_000;
    await vi.waitFor(() => expect(server.following()).toBe(0), eventually);
    socket.destroy();
  });
});

describe("14 A the files of the page", () => {
  const files = readPageFiles();
  const scripts = [...files].filter(([, { contentType }]) => contentType.startsWith("text/javascript"));

  it("are the document, its style and icon, and every module that one of them imports", () => {
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        "/",
        "/web/page.css",
        "/web/icon.svg",
        "/web/main.ts",
        "/web/preact.js",
        "/src/view/page/visible-rows.ts",
      ]),
    );
    for (const [path, { text }] of scripts) {
      for (const [, name = ""] of text.matchAll(/^\s*(?:import|\} from|import .* from|export .* from) "([^"]+)"/gm))
        expect([...files.keys()]).toContain(new URL(name, `http://page${path}`).pathname);
    }
  });

  it("have no types, no inline script or style, and no address of another host", () => {
    const { text = "" } = files.get("/") ?? {};
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|style=|\son\w+=/);
    for (const [path, { text }] of files) {
      if (path !== "/web/preact.js")
        expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\/(?!\$|any)[\w.]/);
      expect(text).not.toContain("interface ");
    }
    expect(
      scripts.map(([path]) => path).filter((path) => path.includes("/src/") && !path.includes("/src/view/")),
    ).toEqual([]);
  });

  it("are small: a page is there at once", () => {
    const bytes = [...files.values()].reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBeLessThan(120_000);
  });
});
