import { describe, expect, it, vi } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { accessGrant } from "#ingress/engine/access-grant.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { eventually } from "#test/support/eventually.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { ask, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nits words";
const PAGE = "HTTP/1.1 404 Not Found\r\nX-Page: ours\r\nContent-Length: 4\r\n\r\npage";
const WITH_PAGES = { "custom-http-errors": "404,503,502", "default-backend": "pages" };

function requestOf(line: string, fields: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, "Host: a.com", ...fields, "Connection: close", "", ""].join("\r\n");
}

/** The lines that an endpoint got in a request, without those that it gets of every request. */
function headOf(received: string): readonly string[] {
  return received.split("\r\n\r\n")[0]!.split("\r\n");
}

/** An endpoint that answers each request head with this, and one for pages. */
async function start(answer: string, annotations: Readonly<Record<string, string>> = WITH_PAGES) {
  const stack = new AsyncDisposableStack();
  const endpoint = stack.use(await startEndpoint((socket) => socket.write(answer)));
  const pages = stack.use(await startEndpoint((socket) => socket.write(PAGE)));
  const ingresses = [annotatedIngress(annotations)];
  const proxy = stack.use(await startProxy({ s: [endpoint.port], pages: [pages.port] }, { ingresses }));
  return { endpoint, pages, proxy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("custom-http-errors", () => {
  it("asks the default backend, with what ingress-nginx says, and sends its answer", async () => {
    await using world = await start(NOT_FOUND);
    const fields = ["Accept: text/html", "Cookie: a=b", "X-Code: 200", "x_ingress_name: evil", "X-Original-URI: /evil"];
    const answer = await ask(world.proxy.port, requestOf("GET /a%20b/c?d=e", fields));
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\nX-Page: ours\r\n[\s\S]*\r\n\r\npage$/);
    const asked = headOf(world.pages.received());
    expect(asked[0]).toBe("GET / HTTP/1.1");
    const id = /X-Request-ID: (\S+)/.exec(world.endpoint.received())?.[0];
    for (const line of [
      "Host: a.com",
      "Cookie: a=b",
      "X-Code: 404",
      "X-Format: text/html",
      "X-Original-URI: /a%20b/c?d=e",
      "X-Namespace: default",
      "X-Ingress-Name: i",
      "X-Service-Name: s",
      "X-Service-Port: 80",
      "X-Forwarded-For: 127.0.0.1",
      id,
    ])
      expect(asked).toContain(line);
    expect(asked.filter((line) => /^(?:x.code|x.ingress.name|x.original.uri|x.request.id):/i.test(line))).toHaveLength(
      4,
    );
  });

  it.each([
    { name: "without one", fields: [] },
    { name: "with one that is too long", fields: [`X-Request-ID: ${"x".repeat(200)}`] },
    { name: "with one", fields: ["X-Request-ID: mine"] },
  ])("sends the id of the request that the endpoint got, for a client $name", async ({ fields }) => {
    await using world = await start(NOT_FOUND);
    await ask(world.proxy.port, requestOf("GET /x", fields));
    const [ofEndpoint, ofPages] = [world.endpoint, world.pages].map((one) =>
      headOf(one.received()).filter((line) => /^x-request-id:/i.test(line)),
    );
    expect(ofEndpoint).toHaveLength(1);
    expect(ofPages).toEqual(ofEndpoint);
  });

  it.each([
    { name: "HEAD by HEAD", line: "HEAD /x", asked: "HEAD / HTTP/1.1" },
    { name: "DELETE by GET", line: "DELETE /x", asked: "GET / HTTP/1.1" },
  ])("asks for $name", async ({ line, asked }) => {
    await using world = await start(NOT_FOUND.split("its")[0]!);
    await ask(world.proxy.port, requestOf(line)).catch(() => undefined);
    await vi.waitFor(() => expect(headOf(world.pages.received())[0]).toBe(asked), eventually);
  });

  it("asks without the body of the request, and serves the next request of the connection", async () => {
    await using world = await start(NOT_FOUND);
    using client = openClient(world.proxy.port);
    const post = "POST /x HTTP/1.1\r\nHost: a.com\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    client.send(post);
    await client.until((text) => text.endsWith("page"));
    client.send(post);
    await client.until((text) => text.split("X-Page: ours").length === 3);
    expect(world.pages.received()).not.toMatch(/hello|content-length/i);
    expect(world.endpoint.received().split("hello")).toHaveLength(3);
    // The answers that were dropped left their connection whole.
    expect(world.endpoint.connections).toHaveLength(1);
  });

  it("passes an error on to a client that has not sent all of its body", async () => {
    await using world = await start(NOT_FOUND);
    using client = openClient(world.proxy.port);
    client.send("POST /x HTTP/1.1\r\nHost: a.com\r\nContent-Length: 50\r\n\r\nhello");
    expect(await client.until((text) => text.includes("its words"))).toMatch(/^HTTP\/1\.1 404/);
    expect(world.pages.received()).toBe("");
  });

  it("drops an answer that never ends", async () => {
    await using world = await start("HTTP/1.1 404 Not Found\r\nContent-Length: 1000000\r\n\r\nits words");
    expect(await ask(world.proxy.port, requestOf("GET /x"))).toMatch(/\r\n\r\npage$/);
    await vi.waitFor(() => expect(world.endpoint.connections[0]?.destroyed).toBe(true), eventually);
  });

  it.each([
    { name: "another status", answer: NOT_FOUND.replace("404", "403"), annotations: WITH_PAGES, status: 403 },
    {
      name: "the answers of endpoints with disable-proxy-intercept-errors",
      answer: NOT_FOUND,
      annotations: { ...WITH_PAGES, "disable-proxy-intercept-errors": "true" },
      status: 404,
    },
    {
      name: "all where the default backend has no endpoint",
      answer: NOT_FOUND,
      annotations: { "custom-http-errors": "404", "default-backend": "none" },
      status: 404,
    },
    {
      name: "all without a default backend",
      answer: NOT_FOUND,
      annotations: { "custom-http-errors": "404" },
      status: 404,
    },
    {
      name: "all where the statuses cannot be read",
      answer: NOT_FOUND,
      annotations: { "custom-http-errors": "404,200", "default-backend": "pages" },
      status: 404,
    },
  ])("leaves $name as it is", async ({ answer, annotations, status }) => {
    await using world = await start(answer, annotations);
    const text = await ask(world.proxy.port, requestOf("GET /x"));
    expect([statusOf(text), text.endsWith("its words"), world.pages.received()]).toEqual([status, true, ""]);
  });

  it.each(["false", "true"])("asks where no endpoint answers (disable-proxy-intercept-errors %s)", async (isOff) => {
    await using world = await start(NOT_FOUND, { ...WITH_PAGES, "disable-proxy-intercept-errors": isOff });
    await world.endpoint[Symbol.asyncDispose]();
    expect(await ask(world.proxy.port, requestOf("GET /x"))).toMatch(/\r\n\r\npage$/);
    expect(headOf(world.pages.received())).toContain("X-Code: 502");
  });

  it("asks where the Service has no endpoint, and only the default backend of the program is there", async () => {
    await using world = await start(NOT_FOUND);
    const ingresses = [annotatedIngress({ "custom-http-errors": "503" })];
    const services = [serviceOf("s"), serviceOf("pages")];
    const snapshot = routingSnapshot({ ingresses, services, slices: slicesOf("pages", [world.pages.port]) });
    world.proxy.engine.useRoutes(buildRoutes({ ...snapshot, byDefault: defaultIngress("default/pages") }));
    expect(await ask(world.proxy.port, requestOf("GET /x?y", ["X-Request-ID: mine"]))).toMatch(/\r\n\r\npage$/);
    expect(headOf(world.pages.received())).toEqual(
      expect.arrayContaining(["X-Code: 503", "X-Original-URI: /x?y", "X-Request-ID: mine", "X-Service-Name: s"]),
    );
  });

  it("asks no default backend of the program that policies let only some clients in to", async () => {
    await using world = await start(NOT_FOUND);
    const byDefault = defaultIngress("default/pages");
    for (const isRestricted of [true, false]) {
      const ingresses = [annotatedIngress({ "custom-http-errors": "503" })];
      const services = [serviceOf("s"), serviceOf("pages")];
      const snapshot = routingSnapshot({ ingresses, services, slices: slicesOf("pages", [world.pages.port]) });
      const defaultTerms = { settings: {}, isClosed: false, isRestricted };
      world.proxy.engine.useRoutes(buildRoutes({ ...snapshot, byDefault: { ...byDefault, defaultTerms } }));
      const answer = await ask(world.proxy.port, requestOf("GET /x"));
      expect([statusOf(answer), answer.includes("X-Page")]).toEqual([isRestricted ? 503 : 404, !isRestricted]);
      expect(world.pages.received() === "").toBe(isRestricted);
    }
  });

  it("answers with the fault of the default backend where that fails, once", async () => {
    await using world = await start(NOT_FOUND);
    await world.pages[Symbol.asyncDispose]();
    expect(statusOf(await ask(world.proxy.port, requestOf("GET /x")))).toBe(502);
  });
});

describe("custom-http-errors of a request that has waited for who may come in", () => {
  it.each([{ waits: true }, { waits: false }])(
    "the default backend gets what only who lets in may write, and nothing of it from the client; waits: $waits",
    async ({ waits }) => {
      await using page = await startEndpoint((socket) => socket.write(PAGE));
      const fields = [["X-Auth-User", "alice"]] as const;
      const grant = accessGrant({ fields, cookies: [], removes: ["x-auth-user"], alwaysSetsCookie: false });
      const passed = { kind: "pass", grant } as const;
      const access = { decide: () => (waits ? Promise.resolve(passed) : passed) };
      const auth = { "auth-url": "http://auth.default.svc.cluster.local/", "custom-http-errors": "503" };
      await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress(auth)], access });
      const snapshot = { ingresses: [annotatedIngress(auth)], services: [serviceOf("s"), serviceOf("pages")] };
      const slices = slicesOf("pages", [page.port]);
      proxy.engine.useRoutes(
        buildRoutes({ ...routingSnapshot({ ...snapshot, slices }), byDefault: defaultIngress("default/pages") }),
      );
      expect(await ask(proxy.port, requestOf("GET /", ["X-Auth-User: admin"]))).toContain("X-Page: ours");
      expect(headOf(page.received()).filter((line) => /^x-auth-user/i.test(line))).toEqual(["X-Auth-User: alice"]);
    },
  );

  it.each([{ pages: [true] }, { pages: [true, true] }])(
    "asks the default backend, and goes on: $pages",
    async ({ pages }) => {
      await using page = await startEndpoint((socket) => socket.write(PAGE));
      const access = { decide: () => Promise.resolve({ kind: "pass", grant: undefined } as const) };
      const auth = { "auth-url": "http://auth.default.svc.cluster.local/", "custom-http-errors": "503" };
      await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress(auth)], access });
      const snapshot = { ingresses: [annotatedIngress(auth)], services: [serviceOf("s"), serviceOf("pages")] };
      const slices = slicesOf("pages", [page.port]);
      proxy.engine.useRoutes(
        buildRoutes({ ...routingSnapshot({ ...snapshot, slices }), byDefault: defaultIngress("default/pages") }),
      );
      const get = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
      const answers = await ask(proxy.port, get.repeat(pages.length) + requestOf("GET /"));
      expect(answers.split("X-Page: ours")).toHaveLength(pages.length + 2);
    },
  );
});
