import { describe, expect, it } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import { authService } from "#ingress/auth/auth-service.ts";
import { ExternalAuthorizer } from "#ingress/auth/external-authorizer.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { PasswordChecker } from "#ingress/auth/password-checker.ts";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { until } from "#lab/rack/until.ts";
import { passwordList } from "#src/auth/password-list.ts";
import { readPasswordHash, type PasswordHash } from "#src/auth/password-hash.ts";
import { type Ingress, parseIngress } from "#src/model/ingress.ts";
import { object, valueOf } from "#test/model/build.ts";
import {
  answering,
  ask,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";

/** An Ingress as people write it: `/` of a.com is for the Service `s`, and asks the service on this port. */
function guarded(port: number, annotations: Readonly<Record<string, string>> = {}): Ingress {
  const all = { "auth-url": `http://auth.test:${port}/check`, ...annotations };
  const keys = Object.entries(all).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]);
  const path = { path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } };
  const parsed = parseIngress(
    object(
      JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "shop", namespace: "default", annotations: Object.fromEntries(keys) },
        spec: { rules: [{ host: "a.com", http: { paths: [path] } }] },
      }),
    ),
  );
  expect(parsed.problems).toEqual([]);
  return valueOf(parsed);
}

const PASSWORDS = new Map([
  [
    "auth-file default/users",
    passwordList(new Map([["alice", readPasswordHash("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=") as PasswordHash]])),
  ],
]);

/** A proxy in front of `endpoint`, and the service that it asks; names lead to loopback. */
async function start(
  endpoint: TestEndpoint,
  service: TestEndpoint,
  annotations: Readonly<Record<string, string>> = {},
  answerMs = 5_000,
) {
  const isReachable = () => true;
  const lookup = hostResolver({
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    isReachable,
    clockMs: () => performance.now(),
  });
  const client = authService({ lookup, isReachable, answerMs });
  const checker = new PasswordChecker({
    compare: ({ password }) => Promise.resolve(Buffer.from(password).toString() === "correct horse"),
  });
  const step = new PasswordStep(checker);
  step.useLists(PASSWORDS);
  const byService = new ServiceStep(new ExternalAuthorizer(client, () => performance.now()));
  const access = new AuthGate([satisfied(step, byService)]);
  const ingresses = [guarded(service.port, annotations)];
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access, headerNames: "any" });
  let log = "";
  Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (log += lines.toString("utf8"))) });
  return {
    port: proxy.port,
    logged: async (): Promise<unknown> => {
      await until("a line of the log", () => log !== "");
      return JSON.parse(log.trim().split("\n").at(-1)!);
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** A service that gives this answer to each question. */
const saying = (answer: string) => startEndpoint((socket) => socket.write(answer));
const OK = "HTTP/1.1 200 OK\r\nX-Auth-Request-User: alice\r\nX-Other: x\r\nContent-Length: 0\r\n\r\n";
const NO =
  "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nSet-Cookie: state=1; Path=/\r\nContent-Length: 0\r\n\r\n";
const get = (path: string, lines = "") => `GET ${path} HTTP/1.1\r\nHost: a.com\r\n${lines}Connection: close\r\n\r\n`;

describe("auth-url", () => {
  it("asks about each request, without its body, and lets it in on 2xx with the fields that the answer has", async () => {
    let body = "";
    await using endpoint = await startEndpoint((socket, text) => {
      body += text;
      if (body.endsWith("body")) socket.write(okWith("page"));
    });
    await using service = await saying(OK);
    await using proxy = await start(endpoint, service, { "auth-response-headers": "X-Auth-Request-User, X-Missing" });
    const answer = await ask(
      proxy.port,
      "POST /cart?a=1 HTTP/1.1\r\nHost: a.com\r\nCookie: session=1\r\nX-Auth-Request-User: root\r\nX_Auth_Request_User: root\r\nX-Missing: spoofed\r\nX.Auth.Request.User: root\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
    );
    expect(answer).toMatch(/page$/);
    const question = service.received();
    expect(question).toMatch(/^GET \/check HTTP\/1\.1\r\n/);
    for (const line of [
      `Host: auth.test:${service.port}`,
      "X-Original-URL: http://a.com/cart?a=1",
      "X-Original-Method: POST",
      "X-Auth-Request-Redirect: /cart?a=1",
      "X-Real-IP: 127.0.0.1",
      "X-Forwarded-For: 127.0.0.1",
      "Cookie: session=1",
    ])
      expect(question).toContain(`\r\n${line}\r\n`);
    expect(question).not.toContain("body");
    expect(question).not.toMatch(/content-length|root.*root/i);
    expect(body).toMatch(/\r\nx-auth-request-user: alice\r\n/);
    expect(body).not.toMatch(/root|spoofed|X-Other/);
  });

  it.each([
    { name: "401", answer: NO, status: 401, reason: "unauthorized", has: "WWW-Authenticate: Bearer" },
    {
      name: "403",
      answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
      status: 403,
      reason: "auth-denied",
      has: "",
    },
    {
      name: "a redirect",
      answer: "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
      status: 500,
      reason: "auth-failed",
      has: "",
    },
    {
      name: "404",
      answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
      status: 500,
      reason: "auth-failed",
      has: "",
    },
    {
      name: "an error",
      answer: "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
      status: 500,
      reason: "auth-failed",
      has: "",
    },
    { name: "what is not HTTP", answer: "yes\r\n\r\n", status: 500, reason: "auth-failed", has: "" },
    {
      name: "a head without end",
      answer: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
      status: 500,
      reason: "auth-failed",
      has: "",
    },
    {
      name: "a line within a value",
      answer: "HTTP/1.1 200 OK\r\nX-Auth-Request-User: a\rX-Admin: 1\r\n\r\n",
      status: 500,
      reason: "auth-failed",
      has: "",
    },
    {
      name: "another protocol",
      answer: "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      status: 500,
      reason: "auth-failed",
      has: "",
    },
  ])("lets none in where the service answers $name", async ({ answer, status, reason, has }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(answer);
    await using proxy = await start(endpoint, service, { "auth-response-headers": "X-Auth-Request-User" });
    const got = await ask(proxy.port, get("/"));
    expect(statusOf(got)).toBe(status);
    expect(got).toContain(has);
    expect(got).not.toContain("Set-Cookie");
    expect(await proxy.logged()).toMatchObject({ status, reason, ingress: "default/shop" });
    expect(endpoint.received()).toBe("");
  });

  it("lets none in where the service is not there, or says nothing", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using silent = await startEndpoint(() => undefined);
    await using slow = await start(endpoint, silent, {}, 50);
    expect(statusOf(await ask(slow.port, get("/")))).toBe(503);
    expect(await slow.logged()).toMatchObject({ reason: "access-timeout" });
    const gone = await startEndpoint(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using absent = await start(endpoint, gone);
    expect(statusOf(await ask(absent.port, get("/")))).toBe(500);
    expect(await absent.logged()).toMatchObject({ reason: "auth-unreachable" });
    expect(endpoint.received()).toBe("");
  });

  it("sends who is not known to sign in, with the way back and the cookies of the service", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(NO);
    await using proxy = await start(endpoint, service, { "auth-signin": "https://$host/oauth2/start" });
    const answer = await ask(proxy.port, get("/cart?a=1&b=%26"));
    expect(statusOf(answer)).toBe(302);
    expect(answer).toContain("Location: https://a.com/oauth2/start?rd=http://a.com%2Fcart%3Fa%3D1%26b%3D%2526\r\n");
    expect(answer).toContain("Set-Cookie: state=1; Path=/\r\n");
    expect(answer).not.toContain("WWW-Authenticate");
  });

  it("names the parameter with the way back as auth-signin-redirect-param says", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(NO);
    const annotations = { "auth-signin": "https://sso.test/start?x=1", "auth-signin-redirect-param": "back" };
    await using proxy = await start(endpoint, service, annotations);
    expect(await ask(proxy.port, get("/cart"))).toContain(
      "Location: https://sso.test/start?x=1&back=http://a.com%2Fcart\r\n",
    );
  });

  it.each([
    { annotations: { "auth-method": "POST" }, question: /^POST \/check HTTP\/1\.1\r\n/ },
    {
      annotations: { "auth-request-redirect": "https://$host/back$request_uri" },
      question: /\r\nX-Auth-Request-Redirect: https:\/\/a\.com\/back\/cart\?a=1\r\n/,
    },
  ])("asks by $annotations", async ({ annotations, question }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(OK);
    await using proxy = await start(endpoint, service, annotations);
    expect(await ask(proxy.port, get("/cart?a=1"))).toMatch(/page$/);
    expect(service.received()).toMatch(question);
  });

  it.each([
    { always: "false", status: 200, has: true },
    { always: "false", status: 404, has: false },
    { always: "true", status: 404, has: true },
  ])(
    "gives the client the cookies of the service, with $status and auth-always-set-cookie $always: $has",
    async ({ always, status, has }) => {
      await using endpoint = await startEndpoint((socket) =>
        socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: 4\r\n\r\npage`),
      );
      await using service = await saying(
        "HTTP/1.1 202 Accepted\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
      );
      await using proxy = await start(endpoint, service, { "auth-always-set-cookie": always });
      const answer = await ask(proxy.port, get("/"));
      expect(statusOf(answer)).toBe(status);
      expect(answer.includes("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n")).toBe(has);
      expect(answer).toMatch(/page$/);
    },
  );

  it.each([
    {
      name: "what was asked for",
      lines: "X-Original-URL: http://a.com/public\r\nX-Original-Method: HEAD\r\nX-Original-URI: /public\r\n",
    },
    {
      name: "under names that only some servers read alike",
      lines: "X_Original_URL: http://a.com/public\r\nX.Original.URL: http://a.com/public\r\n",
    },
    {
      name: "where it comes from",
      lines:
        "X-Forwarded-For: 10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\nX-Forwarded-Uri: /public\r\nX-Forwarded-Host: public\r\nForwarded: for=10.0.0.1\r\n",
    },
    { name: "whom to come back to", lines: "X-Auth-Request-Redirect: /public\r\nX-Scheme: public\r\n" },
  ])("tells the service nothing that the client claims of $name", async ({ lines }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(NO);
    await using proxy = await start(endpoint, service);
    expect(statusOf(await ask(proxy.port, get("/admin", lines)))).toBe(401);
    expect(service.received()).toContain("X-Original-URL: http://a.com/admin\r\n");
    expect(service.received()).not.toMatch(/public|10\.0\.0\.1|HEAD/);
  });

  it.each([
    { path: "/public/../admin", seen: "/admin" },
    { path: "/public/%2e%2e/admin", seen: undefined },
    { path: "/public/..%2Fadmin", seen: undefined },
    { path: "/./admin?x=/../public", seen: "/admin?x=/../public" },
    { path: "/admin#/public", seen: "/admin" },
    { path: "http://a.com/admin", seen: "/admin" },
  ])("shows the service of $path the path that the endpoint sees", async ({ path, seen }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(OK);
    await using proxy = await start(endpoint, service);
    const status = statusOf(await ask(proxy.port, get(path)));
    if (seen === undefined) {
      expect(status).toBe(400);
      expect(service.received()).toBe("");
      return;
    }
    expect(service.received()).toContain(`\r\nX-Original-URI: ${seen}\r\n`);
    expect(endpoint.received().startsWith(`GET ${seen} HTTP`)).toBe(true);
  });

  it("asks again for each request of a connection, and keeps their order", async () => {
    let count = 0;
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await startEndpoint((socket) => socket.write(count++ === 0 ? OK : NO));
    await using proxy = await start(endpoint, service);
    using client = openClient(proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: a.com\r\n\r\n${get("/")}`);
    const { text } = await client.ended();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 401"]);
    expect(count).toBe(2);
  });

  it("keeps an answer under the key that the Ingress names, and for no other one", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await startEndpoint((socket, text) =>
      socket.write(text.includes("session=good") ? OK : NO.replace(/Set-Cookie.*\r\n/, "")),
    );
    await using proxy = await start(endpoint, service, {
      "auth-cache-key": "$cookie_session",
      "auth-cache-duration": "200 401 5m",
      "auth-response-headers": "X-Auth-Request-User",
    });
    const statuses: (number | undefined)[] = [];
    for (const session of ["good", "bad", "good", "bad", "good"])
      statuses.push(statusOf(await ask(proxy.port, get("/", `Cookie: session=${session}\r\n`))));
    expect(statuses).toEqual([200, 401, 200, 401, 200]);
    expect(service.received().match(/GET \/check/g)).toHaveLength(2);
    expect(endpoint.received().match(/x-auth-request-user: alice/g)).toHaveLength(3);
  });

  it.each([
    { name: "by password", annotations: { "auth-type": "basic", "auth-secret": "users" } },
    { name: "from an address", annotations: { "whitelist-source-range": "127.0.0.0/8" } },
  ])("lets nobody who comes in $name write what only the service may say", async ({ annotations }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(NO);
    const all = { ...annotations, satisfy: "any", "auth-response-headers": "X-Auth-Request-User" };
    await using proxy = await start(endpoint, service, all);
    const password = Buffer.from("alice:correct horse").toString("base64");
    const lines = `Authorization: Basic ${password}\r\nX-Auth-Request-User: root\r\nx_auth_request_user: root\r\n`;
    expect(statusOf(await ask(proxy.port, get("/", lines)))).toBe(200);
    expect(endpoint.received()).not.toMatch(/root/);
  });

  it.each([
    { name: "with its head", pause: false, headers: "X-Auth-Request-User", status: 400 },
    { name: "after it has waited", pause: true, headers: "X-Auth-Request-User", status: 400 },
    { name: "where no field of the service passes", pause: false, headers: "", status: 200 },
  ])("takes no trailer, which could be such a field for the endpoint: $name, $status", async (of) => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.endsWith("\r\n\r\n")) socket.write(okWith("page"));
    });
    let letIn: (() => void) | undefined;
    await using service = await startEndpoint((socket) => {
      letIn = () => socket.write(OK);
      if (!of.pause) letIn();
    });
    const annotations = of.headers === "" ? {} : { "auth-response-headers": of.headers };
    await using proxy = await start(endpoint, service, annotations);
    using client = openClient(proxy.port);
    client.send(
      "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
    );
    if (of.pause) await until("the question", () => service.received() !== "");
    client.send("X-Auth-Request-User: root\r\n\r\n");
    if (of.pause) letIn?.();
    const { text } = await client.ended();
    expect(statusOf(text)).toBe(of.status);
    expect(endpoint.received().includes("root")).toBe(of.status === 200);
  });

  it("asks the host of the request where the URL says $host", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(OK);
    await using proxy = await start(endpoint, service, {
      "auth-url": `http://$host:${service.port}/check?uri=$escaped_request_uri`,
    });
    expect(statusOf(await ask(proxy.port, get("/cart?a=1")))).toBe(200);
    expect(service.received()).toMatch(/^GET \/check\?uri=%2Fcart%3Fa%3D1 HTTP/);
    expect(service.received()).toContain(`\r\nHost: a.com:${service.port}\r\n`);
  });
});

describe("satisfy", () => {
  const basic = { "auth-type": "basic", "auth-secret": "users" };
  const password = `Authorization: Basic ${Buffer.from("alice:correct horse").toString("base64")}\r\n`;

  it.each([
    { name: "all: password and service", annotations: basic, answer: OK, lines: password, status: 200 },
    { name: "all: the password alone", annotations: basic, answer: NO, lines: password, status: 401 },
    { name: "all: the service alone", annotations: basic, answer: OK, lines: "", status: 401 },
    {
      name: "any: the password alone",
      annotations: { ...basic, satisfy: "any" },
      answer: NO,
      lines: password,
      status: 200,
    },
    { name: "any: the service alone", annotations: { ...basic, satisfy: "any" }, answer: OK, lines: "", status: 200 },
    { name: "any: neither", annotations: { ...basic, satisfy: "any" }, answer: NO, lines: "", status: 401 },
    {
      name: "any: an address that is allowed",
      annotations: { satisfy: "any", "whitelist-source-range": "127.0.0.0/8" },
      answer: NO,
      lines: "",
      status: 200,
    },
    {
      name: "any: another address",
      annotations: { satisfy: "any", "whitelist-source-range": "10.0.0.0/8" },
      answer: NO,
      lines: "",
      status: 401,
    },
    {
      name: "any: another address, and the service",
      annotations: { satisfy: "any", "whitelist-source-range": "10.0.0.0/8" },
      answer: OK,
      lines: "",
      status: 200,
    },
    {
      name: "any: an address that is merely not denied",
      annotations: { satisfy: "any", "denylist-source-range": "10.0.0.0/8" },
      answer: NO,
      lines: "",
      status: 401,
    },
    {
      name: "any: an address that is denied, and the service",
      annotations: { satisfy: "any", "denylist-source-range": "127.0.0.0/8" },
      answer: OK,
      lines: "",
      status: 200,
    },
    {
      name: "all: an address that is denied, and the service",
      annotations: { "denylist-source-range": "127.0.0.0/8" },
      answer: OK,
      lines: "",
      status: 403,
    },
    {
      name: "all: another address, and the service",
      annotations: { "whitelist-source-range": "10.0.0.0/8" },
      answer: OK,
      lines: "",
      status: 403,
    },
  ])("$name: $status", async ({ annotations, answer, lines, status }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await saying(answer);
    await using proxy = await start(endpoint, service, annotations);
    expect(statusOf(await ask(proxy.port, get("/", lines)))).toBe(status);
    expect(endpoint.received() === "").toBe(status !== 200);
  });
});
