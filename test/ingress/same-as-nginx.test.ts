import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import { authService } from "#ingress/auth/auth-service.ts";
import { ExternalAuthorizer } from "#ingress/auth/external-authorizer.ts";
import { PasswordChecker } from "#ingress/auth/password-checker.ts";
import { passwordThread } from "#ingress/auth/password-thread.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { findPasswordLists, passwordClaims } from "#src/auth/find-password-lists.ts";
import { object } from "#test/model/build.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, okWith, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

type Annotations = Readonly<Record<string, string>>;

const get = (target: string, lines = "") =>
  `GET ${target} HTTP/1.1\r\nHost: a.com\r\n${lines}Connection: close\r\n\r\n`;

/** An endpoint that answers with the target that it is asked for. */
const startEcho = () => startEndpoint((socket, text) => socket.write(okWith(text.split(" ")[1] ?? "")));

const bodyOf = (answer: string) => `${statusOf(answer)} ${answer.slice(answer.indexOf("\r\n\r\n") + 4)}`;
const redirectOf = (answer: string) => `${statusOf(answer)} ${/^Location: (.*)\r$/m.exec(answer)?.[1] ?? ""}`;

describe.skipIf(!hasNginx())("a real nginx with the same configuration", () => {
  it.each([
    { path: "/shop(/|$)(.*)", target: "/$2" },
    { path: "/shop/(.*)", target: "/new/$1" },
    { path: "/(?:shop|store)/([a-z]+)", target: "/$1" },
    { path: "/shop", target: "/fixed" },
  ])("rewrites $path to $target", async ({ path, target }) => {
    await using endpoint = await startEcho();
    const annotations = { "use-regex": "true", "rewrite-target": target };
    const ingresses = [annotatedIngress(annotations, "i", { path, pathType: "ImplementationSpecific" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    // As ingress-nginx writes it.
    const more = `location ~* "^${path}" { rewrite "(?i)${path}" ${target} break; proxy_pass http://127.0.0.1:${endpoint.port}; }`;
    await using nginx = await startNginx({ endpointPort: endpoint.port, location: "return 404;", more });
    const requests = ["/shop", "/shop/", "/shop/a/b?x=1&y=%2F", "/SHOP/a", "/shop/a%20b", "/shopping", "/shop/a//b"];
    for (const request of [...requests, "/shop/./a/../b", "/shop?x=/y", "/store/abc", "/other", "/x/shop/a"]) {
      const [ours, theirs] = await Promise.all([proxy, nginx].map(({ port }) => ask(port, get(request))));
      const isServed = statusOf(theirs!) === 200;
      expect([request, isServed ? bodyOf(ours!) : statusOf(ours!)]).toEqual([
        request,
        isServed ? bodyOf(theirs!) : statusOf(theirs!),
      ]);
    }
  });

  it.each<{ annotations: Annotations; location: string }>([
    {
      annotations: { "permanent-redirect": "https://b.com$request_uri" },
      location: "return 301 https://b.com$request_uri;",
    },
    {
      annotations: { "permanent-redirect": "https://b.com$uri$is_args$args" },
      location: "return 301 https://b.com$uri$is_args$args;",
    },
    {
      annotations: { "temporal-redirect": "https://b.com/?from=$host" },
      location: "return 302 https://b.com/?from=$host;",
    },
    {
      annotations: { "permanent-redirect": "https://b.com", "permanent-redirect-code": "308" },
      location: "return 308 https://b.com;",
    },
    { annotations: { "force-ssl-redirect": "true" }, location: "return 308 https://$host$request_uri;" },
    { annotations: { "app-root": "/shop" }, location: "if ($uri = /) { return 302 $scheme://$http_host/shop; }" },
  ])("redirects by $annotations", async ({ annotations, location }) => {
    await using endpoint = await startEcho();
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [annotatedIngress(annotations)] });
    await using nginx = await startNginx({ endpointPort: endpoint.port, location });
    for (const target of ["/", "/?x=1", "/a/b?x=1&y=2", "/a/../b", "/%41"]) {
      const [ours, theirs] = await Promise.all([proxy, nginx].map(({ port }) => ask(port, get(target))));
      expect([target, redirectOf(ours!)]).toEqual([target, redirectOf(theirs!)]);
    }
  });

  const USERS = [
    "alice:$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio.",
    "carol:$6$saltstr$msMGASxRXO2j9dCXz6lOVLbFW6w9J.xXWtdhRX2Ebv.dsbfSVxi/sBUAf51qtJYnOENpfM5zCL6ZKS6/QpZTw0",
    "dave:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
  ].join("\n");
  const basic = (pair: string) => `Authorization: Basic ${Buffer.from(pair).toString("base64")}\r\n`;

  it.each<{ name: string; more: Annotations; location: string }>([
    { name: "alone", more: {}, location: "" },
    {
      name: "or the address",
      more: { satisfy: "any", "whitelist-source-range": "127.0.0.2/32" },
      location: "satisfy any; allow 127.0.0.2; deny all;",
    },
    {
      name: "and the address",
      more: { satisfy: "all", "whitelist-source-range": "127.0.0.2/32" },
      location: "allow 127.0.0.2; deny all;",
    },
  ])("lets in by name and password $name", async ({ more, location }) => {
    const folder = await mkdtemp(join(tmpdir(), "hawser-users-"));
    await writeFile(join(folder, "users"), `${USERS}\n`);
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "auth-type": "basic", "auth-secret": "users", ...more })];
    const metadata = { name: "users", namespace: "default" };
    const secret = object(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, stringData: { auth: USERS } }));
    const thread = passwordThread();
    const step = new PasswordStep(new PasswordChecker(thread));
    step.useLists(findPasswordLists(passwordClaims(ingresses), () => secret).lists);
    const access = new AuthGate([satisfied(step, new ServiceStep({ ask: () => ({ kind: "unreachable" as const }) }))]);
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access });
    const auth = `${location} auth_basic "shop"; auth_basic_user_file ${folder}/users;`;
    await using nginx = await startNginx({ endpointPort: endpoint.port, location: auth });
    const right = ["alice", "carol", "dave"].map((user) => basic(`${user}:correct horse`));
    const wrong = ["", basic("alice:x"), basic("eve:correct horse"), "Authorization: Bearer x\r\n", basic("alice")];
    for (const lines of [...right, ...wrong])
      for (const address of ["127.0.0.1", "127.0.0.2"]) {
        const [ours, theirs] = await Promise.all([proxy, nginx].map(({ port }) => ask(port, get("/", lines), address)));
        expect([lines, address, statusOf(ours!)]).toEqual([lines, address, statusOf(theirs!)]);
      }
    await thread.close();
    await rm(folder, { recursive: true });
  });

  it("lets in whom a service lets in (auth_request)", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await startEndpoint((socket, text) =>
      socket.write(`HTTP/1.1 ${/want=(\d+)/.exec(text)?.[1] ?? "401"} x\r\nContent-Length: 0\r\n\r\n`),
    );
    const isReachable = () => true;
    const lookup = hostResolver({
      resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
      isReachable,
      clockMs: () => performance.now(),
    });
    const client = authService({ lookup, isReachable, answerMs: 5_000 });
    const byService = new ServiceStep(new ExternalAuthorizer(client, () => performance.now()));
    const access = new AuthGate([
      satisfied(new PasswordStep(new PasswordChecker({ compare: () => Promise.resolve(false) })), byService),
    ]);
    const ingresses = [annotatedIngress({ "auth-url": `http://auth.test:${service.port}/check` })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access });
    await using nginx = await startNginx({
      endpointPort: endpoint.port,
      location: "auth_request /check;",
      more: `location = /check { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://127.0.0.1:${service.port}; }`,
    });
    for (const status of [200, 201, 204, 302, 401, 403, 404, 500, 503]) {
      const request = get("/", `Cookie: want=${status}\r\n`);
      const [ours, theirs] = await Promise.all([proxy, nginx].map(({ port }) => ask(port, request)));
      expect([status, statusOf(ours!)]).toEqual([status, statusOf(theirs!)]);
    }
    client.close();
  });

  it("gives a canary as many of 600 requests", async () => {
    await using old = await startEndpoint(answering("old"));
    await using fresh = await startEndpoint(answering("new"));
    const canary = { canary: true, canaryWeight: 20, canaryByCookie: "beta" };
    const ingresses = [
      ingressOf("main", { "a.com": { "/": "old" } }),
      ingressOf("canary", { "a.com": { "/": "new" } }, { createdMs: 1, settings: canary }),
    ];
    await using proxy = await startProxy({ old: [old.port], new: [fresh.port] }, { ingresses });
    const http = `split_clients $request_id $drawn { 20% ${fresh.port}; * ${old.port}; }
      map $cookie_beta $chosen { always ${fresh.port}; never ${old.port}; default $drawn; }`;
    const more = `location /x { proxy_pass http://127.0.0.1:$chosen; }`;
    await using nginx = await startNginx({ endpointPort: old.port, http, more });
    for (const { port } of [proxy, nginx]) {
      const countOf = async (lines: string, times: number) => {
        let count = 0;
        for (let one = 0; one < times; one++) if ((await ask(port, get("/x", lines))).endsWith("new")) count += 1;
        return count;
      };
      // 120, and six standard deviations.
      expect(Math.abs((await countOf("", 600)) - 120)).toBeLessThan(59);
      expect([await countOf("Cookie: beta=always\r\n", 5), await countOf("Cookie: beta=never\r\n", 5)]).toEqual([5, 0]);
    }
  });
});
