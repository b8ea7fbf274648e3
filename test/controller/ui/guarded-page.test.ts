// The page that the controller serves: who gets it, by the word of an API server that is played here over HTTP.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as tlsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type GuardedPage, type GuardedPageOptions, openGuardedPage } from "#controller/ui/guarded-page.ts";
import { monotonicMs } from "#src/process/clock.ts";
import { createLogger } from "#src/process/log.ts";
import { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { realTiming } from "#src/source/kubernetes/api/timing.ts";
import { PathAccess } from "#src/source/path-access.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { eventually } from "#test/support/eventually.ts";
import { explainCase } from "#test/support/explain-cases.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { listen } from "#test/support/ingress-proxy.ts";
import { askPage } from "#test/support/page-server.ts";

const view = viewPage(explainCase("Announced.in.yaml"));
const log = createLogger({ component: "test", level: "silent" });
const DATA = ["/stream", "/about", "/explain?subject=shop/web", "/history?subject=shop/web"];

describe("14 A the page of the controller", () => {
  /** What is asked of the API server: paths and specs. */
  let asked: { readonly path: string; readonly spec: Readonly<Record<string, unknown>> }[];
  /** Tokens that it knows -> whether their users may look. */
  let users: Map<string, boolean>;
  let api: Server;
  let client: ApiClient;
  let page: GuardedPage | undefined;
  let port: number;

  beforeEach(async () => {
    asked = [];
    users = new Map([
      ["viewer", true],
      ["stranger", false],
    ]);
    api = createServer((incoming, response) => {
      void reviewOf(incoming).then((status) =>
        response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ status })),
      );
    });
    client = new ApiClient(
      {
        server: `http://127.0.0.1:${await listen(api)}`,
        tls: async () => Promise.resolve({}),
        token: async () => Promise.resolve(undefined),
      },
      realTiming,
    );
  });
  afterEach(async () => {
    await page?.close();
    page = undefined;
    client.close();
    api.closeAllConnections();
    api.close();
  });

  async function reviewOf(incoming: IncomingMessage): Promise<object> {
    let body = "";
    for await (const part of incoming.setEncoding("utf8")) body += String(part);
    const { spec } = JSON.parse(body) as { readonly spec: Readonly<Record<string, unknown>> };
    asked.push({ path: incoming.url ?? "", spec });
    if (incoming.url?.endsWith("/tokenreviews") !== true) return { allowed: users.get(String(spec["user"])) === true };
    const token = String(spec["token"]);
    return users.has(token)
      ? { authenticated: true, user: { username: token, groups: ["g"] } }
      : { authenticated: false };
  }

  /** Serves the page; resolves with its port. */
  async function serve(more: Partial<GuardedPageOptions> = {}): Promise<void> {
    const access = new PathAccess({ client, path: "/hawser/ui", what: "the page", log, monotonicMs });
    page = await openGuardedPage({
      listening: { port: 0, address: "127.0.0.1", hosts: ["127.0.0.1", "ui.example"], certificate: undefined },
      files: new Map([["/", { contentType: "text/html; charset=utf-8", text: "<!doctype html>" }]]),
      title: "test",
      everyMs: 10,
      look: async () => Promise.resolve({ ok: true, view }),
      explain: async (subject) => Promise.resolve({ explained: subject }),
      history: async (subject) => Promise.resolve({ history: subject }),
      judge: async (token, from) => access.judge(token, from),
      log,
      ...more,
    });
    port = await page.listening;
  }

  const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    askPage(`http://127.0.0.1:${port}${path}`, { headers });

  /** Begins to follow; resolves with the status and the open answer. */
  async function follow(token: string): Promise<IncomingMessage> {
    const sent = request({ host: "127.0.0.1", port, path: "/stream", headers: bearer(token), agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.on("error", () => undefined);
    return response;
  }

  it("gives its files to everyone, and what it sees to none without a token", async () => {
    await serve();
    expect(await ask("/")).toMatchObject({ status: 200, body: "<!doctype html>" });
    for (const path of DATA)
      expect(await ask(path)).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect(asked).toEqual([]);
  });

  it("asks who shows the token, and whether that user may get /hawser/ui, once for many requests", async () => {
    await serve();
    for (const path of DATA.slice(1)) expect((await ask(path, bearer("viewer"))).status).toBe(200);
    expect(asked).toEqual([
      { path: "/apis/authentication.k8s.io/v1/tokenreviews", spec: { token: "viewer" } },
      {
        path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        spec: { user: "viewer", groups: ["g"], nonResourceAttributes: { path: "/hawser/ui", verb: "get" } },
      },
    ]);
  });

  it.each([
    { what: "a wrong token", headers: bearer("forged"), status: 401, says: "does not accept this token" },
    { what: "another scheme", headers: { authorization: "Basic viewer" }, status: 401, says: "Sign in" },
    { what: "a token in a cookie", headers: { cookie: "token=viewer" }, status: 401, says: "Sign in" },
    { what: "a user without the right", headers: bearer("stranger"), status: 403, says: "hawser-ui-viewer" },
    { what: "a token that is too long", headers: bearer("v".repeat(9_000)), status: 401, says: "token" },
  ])("$what: $status", async ({ headers, status, says }) => {
    await serve();
    for (const path of DATA) {
      const answered = await ask(path, headers);
      expect([answered.status, answered.body]).toEqual([status, expect.stringContaining(says)]);
    }
    expect(await ask("/about?token=viewer", headers)).toMatchObject({ status });
  });

  it("is closed while the API server is away, and open again after that", async () => {
    await serve();
    api.closeAllConnections();
    const away = (api.address() as { readonly port: number }).port;
    api.close();
    for (const path of DATA) expect((await ask(path, bearer("viewer"))).status).toBe(503);
    api.listen(away, "127.0.0.1");
    await vi.waitFor(async () => expect((await ask("/about", bearer("viewer"))).status).toBe(200), eventually);
  });

  it.each([
    { what: "a name that leads here (DNS rebinding)", headers: { host: "evil.example" }, status: 421 },
    { what: "one of its names, at a forwarded port", headers: { host: "UI.example:8443" }, status: 200 },
    { what: "no port", headers: { host: "ui.example" }, status: 200 },
    { what: "another site", headers: { "sec-fetch-site": "cross-site" }, status: 403 },
    { what: "a foreign Origin", headers: { origin: "https://evil.example" }, status: 403 },
    { what: "another port of this host", headers: { origin: "http://127.0.0.1:1" }, status: 403 },
    { what: "its Origin", headers: { host: "ui.example", origin: "https://ui.example" }, status: 200 },
  ])("of $what also with a good token: $status", async ({ headers, status }) => {
    await serve();
    const answered = await ask("/about", { ...bearer("viewer"), ...headers });
    expect(answered.status).toBe(status);
    expect(answered.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answered.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; /);
  });

  it("changes nothing: POST is refused, with a good token too", async () => {
    await serve();
    const { status } = await askPage(`http://127.0.0.1:${port}/about`, { method: "POST", headers: bearer("viewer") });
    expect([status, asked]).toEqual([405, []]);
  });

  it("refuses headers without end", async () => {
    await serve();
    expect((await ask("/about", bearer("v".repeat(20_000)))).status).toBe(431);
    expect((await ask("/about", bearer("viewer"))).status).toBe(200);
  });

  it("ends a page that follows when its right is taken away, and when that cannot be found out", async () => {
    let verdict: "allowed" | "forbidden" | "unknown" = "allowed";
    await serve({ judge: async () => Promise.resolve(verdict), admitAgainMs: 20 });
    for (const after of ["forbidden", "unknown"] as const) {
      verdict = "allowed";
      const response = await follow("viewer");
      response.resume();
      expect([response.statusCode, page?.following()]).toEqual([200, 1]);
      verdict = after;
      await new Promise((resolve) => response.once("close", resolve));
      await vi.waitFor(() => expect(page?.following()).toBe(0), eventually);
    }
  });

  it("keeps no place and no timer for a browser that goes while it is found out who it is", async () => {
    let judged = 0;
    const words: (() => void)[] = [];
    await serve({
      judge: async () => {
        judged += 1;
        return new Promise((resolve) => words.push(() => resolve("allowed")));
      },
      admitAgainMs: 10,
    });
    const socket = connect({ port, host: "127.0.0.1" });
    socket.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer viewer\r\n\r\n`);
    await vi.waitFor(() => expect(words).toHaveLength(1), eventually);
    socket.destroy();
    // One that comes later and is served shows that the end of the first has arrived.
    const later = follow("viewer");
    await vi.waitFor(() => expect(words).toHaveLength(2), eventually);
    for (const say of words) say();
    (await later).destroy();
    await vi.waitFor(() => expect(page?.following()).toBe(0), eventually);
    const asked = judged;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([page?.following(), judged]).toEqual([0, asked]);
  });

  it("lets 16 pages follow at once, and says so to the next one", async () => {
    await serve();
    const open: IncomingMessage[] = [];
    for (let at = 0; at < 16; at += 1) open.push(await follow("viewer"));
    expect(await ask("/stream", bearer("viewer"))).toMatchObject({ status: 503, body: /Too many pages/ as never });
    open.pop()?.destroy();
    await vi.waitFor(() => expect(page?.following()).toBe(15), eventually);
    open.push(await follow("viewer"));
    expect(open.at(-1)?.statusCode).toBe(200);
    for (const one of open) one.destroy();
  });

  it("who follows stays, and who comes gets in, however many connections strangers hold", async () => {
    await serve();
    const response = await follow("viewer");
    response.resume();
    const strangers: Socket[] = [];
    for (let at = 0; at < 100; at += 1) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      strangers.push(socket);
    }
    expect((await ask("/about", bearer("viewer"))).status).toBe(200);
    expect([response.closed, page?.following()]).toEqual([false, 1]);
    for (const socket of strangers) socket.destroy();
    response.destroy();
  });

  describe("over TLS", () => {
    let directory: string;
    let authority: string;
    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), "hawser-guarded-page-"));
      const { certificatePem, privateKeyPem } = issueCertificate({
        commonName: "ui.example",
        names: ["ui.example"],
        keyType: "ec",
        fromMs: Date.now() - 60_000,
        toMs: Date.now() + 3_600_000,
      });
      authority = certificatePem;
      const certificate = { certFile: join(directory, "tls.crt"), keyFile: join(directory, "tls.key") };
      writeFileSync(certificate.certFile, certificatePem);
      writeFileSync(certificate.keyFile, privateKeyPem);
      await serve({ listening: { port: 0, address: "127.0.0.1", hosts: ["ui.example"], certificate } });
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    async function askTls(path: string, token: string): Promise<IncomingMessage> {
      const headers = { host: "ui.example", ...bearer(token) };
      const options = { host: "127.0.0.1", port, path, headers, ca: authority, servername: "ui.example", agent: false };
      const [response] = (await once(tlsRequest(options).end(), "response")) as [IncomingMessage];
      response.on("error", () => undefined).resume();
      return response;
    }

    it("answers as over plain HTTP, and no plain HTTP", async () => {
      expect([(await askTls("/about", "viewer")).statusCode, (await askTls("/about", "forged")).statusCode]).toEqual([
        200, 401,
      ]);
      await expect(ask("/")).rejects.toThrow();
    });

    it("who follows stays, and who comes gets in, however many connections strangers hold", async () => {
      const response = await askTls("/stream", "viewer");
      const strangers: Socket[] = [];
      for (let at = 0; at < 100; at += 1) {
        const socket = connect(port, "127.0.0.1").on("error", () => undefined);
        await once(socket, "connect");
        strangers.push(socket);
      }
      await vi.waitUntil(() => strangers.filter(({ closed }) => closed).length >= 37, eventually);
      expect((await askTls("/about", "viewer")).statusCode).toBe(200);
      expect([response.closed, page?.following()]).toEqual([false, 1]);
      for (const socket of strangers) socket.destroy();
      response.destroy();
    });
  });
});
