import { describe, expect, it } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import { PasswordChecker } from "#ingress/auth/password-checker.ts";
import { passwordThread, type PasswordThread } from "#ingress/auth/password-thread.ts";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { until } from "#lab/rack/until.ts";
import { findPasswordLists, passwordClaims } from "#src/auth/find-password-lists.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import {
  answering,
  ask,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";
import { object } from "#test/model/build.ts";

const HASHES = {
  alice: "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio.",
  bob: "$2y$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS",
  carol: "$6$saltstr$msMGASxRXO2j9dCXz6lOVLbFW6w9J.xXWtdhRX2Ebv.dsbfSVxi/sBUAf51qtJYnOENpfM5zCL6ZKS6/QpZTw0",
  dave: "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
} as const;

const settings = { authType: "basic", authSecret: "default/users", authRealm: 'The "shop"' } as const;
const guarded = ingressOf("admin", { "a.com": { "/admin": "s" } }, { settings, isRestricted: true });
const ingresses = [ingressOf("site", { "a.com": { "/": "s" } }), guarded];

function secretOf(users: Readonly<Record<string, string>>) {
  const auth = Object.entries(users).map(([user, hash]) => `${user}:${hash}`);
  return object(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "users", namespace: "default" },
      stringData: { auth: auth.join("\n") },
    }),
  );
}

/** There is no service to ask. */
const NO_SERVICE = { ask: () => ({ kind: "unreachable" as const }) };

/** Who may come in by these Ingresses; a thread for a test that ends. */
function gateFor(
  ingresses: readonly Ingress[],
  users: Readonly<Record<string, string>> | undefined,
  thread: Pick<PasswordThread, "compare">,
) {
  const step = new PasswordStep(new PasswordChecker(thread));
  const secret = users && secretOf(users);
  step.useLists(findPasswordLists(passwordClaims(ingresses), () => secret).lists);
  return new AuthGate([satisfied(step, new ServiceStep(NO_SERVICE))]);
}

const basic = (pair: string) => `Authorization: Basic ${Buffer.from(pair).toString("base64")}\r\n`;
const get = (path: string, lines = "") => `GET ${path} HTTP/1.1\r\nHost: a.com\r\n${lines}Connection: close\r\n\r\n`;

/** A thread whose comparisons end when the test says so. */
function heldThread() {
  const ends: ((isRight: boolean) => void)[] = [];
  return { ends, compare: () => new Promise<boolean>((resolve) => ends.push(resolve)) };
}

/** A proxy before an endpoint whose path `/admin` asks for a name and password of `HASHES`. */
function startGuarded(
  endpoint: { readonly port: number },
  thread: Pick<PasswordThread, "compare">,
  limits: { readonly accessMs?: number } = {},
) {
  return startProxy({ s: [endpoint.port] }, { ingresses, access: gateFor(ingresses, HASHES, thread), limits });
}

describe("auth-type: basic", () => {
  it("lets in who is in the Secret, by each kind of hash, and forwards Authorization as nginx does", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = passwordThread();
    await using proxy = await startGuarded(endpoint, thread);
    for (const user of Object.keys(HASHES)) {
      const line = basic(`${user}:correct horse`);
      expect(await ask(proxy.port, get("/admin", line)), user).toMatch(/page$/);
      expect(endpoint.received()).toContain(line);
      expect(statusOf(await ask(proxy.port, get("/admin", basic(`${user}:correct hors`)))), user).toBe(401);
    }
    await thread.close();
  });

  it.each([
    { name: "nothing", lines: "" },
    { name: "another scheme", lines: "Authorization: Bearer x\r\n" },
    { name: "a name that is not in the Secret", lines: basic("eve:correct horse") },
    { name: "a right password twice", lines: basic("alice:correct horse").repeat(2) },
    { name: "a right password besides a wrong one", lines: basic("alice:correct horse") + basic("alice:x") },
    {
      name: "a right password under a name with an underscore",
      lines: basic("alice:correct horse").replace("Authorization", "Authorization_"),
    },
    { name: "a right password cut off by a NUL", lines: basic("alice:correct horse\0x") },
  ])("answers 401 to $name, and asks no endpoint", async ({ lines }) => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = passwordThread();
    await using proxy = await startGuarded(endpoint, thread);
    const answer = await ask(proxy.port, get("/admin", lines));
    expect(statusOf(answer)).toBe(401);
    expect(answer).toContain(String.raw`WWW-Authenticate: Basic realm="The \"shop\""` + "\r\n");
    expect(endpoint.received()).toBe("");
    await thread.close();
  });

  it("lets in who is a key of the Secret, with auth-secret-type: auth-map", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = passwordThread();
    const ingresses = [
      ingressOf("i", { "a.com": { "/": "s" } }, { settings: { ...settings, authSecretType: "auth-map" } }),
    ];
    const metadata = { name: "users", namespace: "default" };
    const secret = object(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, stringData: HASHES }));
    const step = new PasswordStep(new PasswordChecker(thread));
    step.useLists(findPasswordLists(passwordClaims(ingresses), () => secret).lists);
    const access = new AuthGate([satisfied(step, new ServiceStep(NO_SERVICE))]);
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access });
    for (const user of Object.keys(HASHES)) {
      expect(await ask(proxy.port, get("/", basic(`${user}:correct horse`))), user).toMatch(/page$/);
      expect(statusOf(await ask(proxy.port, get("/", basic(`${user}:x`)))), user).toBe(401);
    }
    await thread.close();
  });

  it("leaves other paths of the host open, and looks at each spelling of its own", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startGuarded(endpoint, heldThread());
    expect(statusOf(await ask(proxy.port, get("/")))).toBe(200);
    for (const path of ["/admin", "/admin/x", "/x/../admin", "/%61dmin", "//admin"])
      expect(statusOf(await ask(proxy.port, get(path))), path).toBe(401);
    // What only some endpoints read as a path below it.
    for (const path of ["/admin%2Fx", "/admin;v=1", "/%5Cadmin", "/x%2F..%2Fadmin"])
      expect(statusOf(await ask(proxy.port, get(path))), path).toBe(400);
    expect(endpoint.received()).toMatch(/^GET \/ /);
    expect(endpoint.received()).not.toContain("admin");
  });

  it("keeps the paths closed while the Secret is missing, or with no access control at all", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const line = basic("alice:correct horse");
    for (const access of [gateFor(ingresses, undefined, heldThread()), undefined]) {
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, ...(access && { access }) });
      let text = "";
      Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
      expect(statusOf(await ask(proxy.port, get("/admin", line)))).toBe(503);
      await until("the line", () => text !== "");
      expect(JSON.parse(text)).toMatchObject({ status: 503, reason: "closed-secret", ingress: "default/admin" });
    }
    expect(endpoint.received()).toBe("");
  });

  it("shows no password in the access log", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startGuarded(endpoint, { compare: () => Promise.resolve(false) });
    let text = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
    await ask(proxy.port, get("/admin", basic("alice:very-secret")));
    await until("the line", () => text !== "");
    expect(JSON.parse(text)).toMatchObject({ status: 401, reason: "unauthorized", ingress: "default/admin" });
    expect(text).not.toMatch(/very-secret|alice|YWxpY2U/);
  });
});

describe("a request that waits for its access", () => {
  const post = (length: number, more = "") =>
    `POST /admin HTTP/1.1\r\nHost: a.com\r\n${basic("alice:p")}Content-Length: ${length}\r\n${more}\r\n`;

  it("blocks no other request, and keeps its own body in order", async () => {
    let received = "";
    await using endpoint = await startEndpoint((socket, text) => {
      received += text;
      if (/^GET/m.test(text) || received.endsWith("end")) socket.write(okWith("page"));
    });
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    using client = openClient(proxy.port);
    client.send(post(9) + "one");
    await until("the comparison", () => thread.ends.length === 1);
    client.send("twoend");
    expect(await ask(proxy.port, get("/"))).toMatch(/page$/);
    thread.ends[0]!(true);
    expect(await client.until((text) => text.endsWith("page"))).toMatch(/^HTTP\/1\.1 200/);
    expect(received).toMatch(/onetwoend$/);
  });

  it("is answered before the one that follows it on its connection", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    using client = openClient(proxy.port);
    client.send(`GET /admin HTTP/1.1\r\nHost: a.com\r\n${basic("alice:p")}\r\n` + get("/"));
    await until("the comparison", () => thread.ends.length === 1);
    expect(client.text()).toBe("");
    thread.ends[0]!(false);
    const { text } = await client.ended();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401", "HTTP/1.1 200"]);
  });

  it("goes on with a body that comes after the access is known", async () => {
    let received = "";
    await using endpoint = await startEndpoint((socket, text) => {
      received += text;
      if (received.endsWith("end")) socket.write(okWith("page"));
    });
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    using client = openClient(proxy.port);
    client.send(post(100_003, "Expect: 100-continue\r\n"));
    await until("the comparison", () => thread.ends.length === 1);
    thread.ends[0]!(true);
    await client.until((text) => text.includes("100 Continue"));
    client.send("x".repeat(100_000) + "end");
    await client.until((text) => text.endsWith("page"));
    expect(received).toContain(`${"x".repeat(100_000)}end`);
  });

  it("invites no body of a request that does not come in", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    using client = openClient(proxy.port);
    client.send(post(5, "Expect: 100-continue\r\n"));
    await until("the comparison", () => thread.ends.length === 1);
    thread.ends[0]!(false);
    const { text } = await client.ended();
    expect(text).toMatch(/^HTTP\/1\.1 401/);
    expect(endpoint.received()).toBe("");
  });

  it("is forgotten when its client goes, and logged as that", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    let text = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
    using client = openClient(proxy.port);
    client.send(`GET /admin HTTP/1.1\r\nHost: a.com\r\n${basic("alice:p")}\r\n`);
    await until("the comparison", () => thread.ends.length === 1);
    client.socket.resetAndDestroy();
    await until("the line", () => text !== "");
    thread.ends[0]!(true);
    expect(JSON.parse(text)).toMatchObject({ status: 499, reason: "client-gone" });
    expect(statusOf(await ask(proxy.port, get("/")))).toBe(200);
    expect(endpoint.received()).not.toContain("/admin");
  });

  it("goes to an endpoint that is there when its access is known, or is answered 503 where there is none", async () => {
    await using former = await startEndpoint(answering("former"));
    await using present = await startEndpoint(answering("present"));
    const thread = heldThread();
    await using proxy = await startGuarded(former, thread);
    const first = ask(proxy.port, get("/admin", basic("alice:p")));
    await until("the comparison", () => thread.ends.length === 1);
    proxy.setEndpoints({ s: [present.port] });
    thread.ends[0]!(true);
    expect(await first).toMatch(/present$/);
    const second = ask(proxy.port, get("/admin", basic("alice:q")));
    await until("the comparison", () => thread.ends.length === 2);
    proxy.setEndpoints({ s: [] });
    thread.ends[1]!(true);
    expect(statusOf(await second)).toBe(503);
    expect(former.received()).toBe("");
  });

  it("is answered 503 when it takes too long, and never comes in afterwards", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread, { accessMs: 50 });
    const answer = await ask(proxy.port, get("/admin", basic("alice:p")));
    expect(statusOf(answer)).toBe(503);
    thread.ends[0]!(true);
    expect(statusOf(await ask(proxy.port, get("/")))).toBe(200);
    expect(endpoint.received()).not.toContain("/admin");
  });

  it("is answered 503 where 32 others of its client, with other passwords, wait", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const thread = heldThread();
    await using proxy = await startGuarded(endpoint, thread);
    const waiting = Array.from({ length: 32 }, (_, index) => ask(proxy.port, get("/admin", basic(`alice:p${index}`))));
    await until("the comparisons", () => thread.ends.length === 32);
    expect(statusOf(await ask(proxy.port, get("/admin", basic("alice:p64"))))).toBe(503);
    for (const end of thread.ends) end(false);
    expect(new Set((await Promise.all(waiting)).map(statusOf))).toEqual(new Set([401]));
  });
});
