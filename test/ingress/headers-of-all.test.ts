import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { answerFields, withSetHeaders } from "#src/filters/answer-fields.ts";
import { eventually } from "#test/support/eventually.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const requestOf = (path = "/", more = "") => `GET ${path} HTTP/1.1\r\nHost: a.com\r\n${more}Connection: close\r\n\r\n`;

interface World {
  readonly config?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly paths?: readonly string[];
}

/** A proxy whose routes and header fields are those of a folder with ingress-nginx's ConfigMap, and one endpoint. */
async function startWorld({ config, annotations = {}, paths = ["/"] }: World) {
  const endpoint = await startEndpoint(answering("page"));
  const proxy = await startProxy({});
  const directory = mkdtempSync(join(tmpdir(), "hawser-of-all-"));
  const put = (kind: string, name: string, more: object) => {
    const [group = "", version = group] = kind.split(" ").at(-1)!.split(":");
    const apiVersion = kind.includes(" ") ? `${group}/${version}` : "v1";
    const object = { apiVersion, kind: kind.split(" ")[0], metadata: { name, namespace: "x" }, ...more };
    writeFileSync(join(directory, `${kind.split(" ")[0]}-${name}.yaml`), JSON.stringify(object));
  };
  const putMap = (name: string, data: Readonly<Record<string, string>>) => put("ConfigMap", name, { data });
  const backend = { service: { name: "s", port: { number: 80 } } };
  const rules = [{ host: "a.com", http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) } }];
  put("Ingress networking.k8s.io:v1", "i", { metadata: { namespace: "x", name: "i", annotations }, spec: { rules } });
  put("Service", "s", { spec: { clusterIP: "10.0.0.1", ports: [{ port: 80 }] } });
  put("EndpointSlice discovery.k8s.io:v1", "s", {
    metadata: { namespace: "x", name: "s", labels: { "kubernetes.io/service-name": "s" } },
    addressType: "IPv4",
    ports: [{ port: endpoint.port }],
    endpoints: [{ addresses: ["127.0.0.1"] }],
  });
  if (config !== undefined) putMap("config", config);
  const ofOptions = answerFields({ hidden: new Set(["x-hidden"]), hsts: undefined });
  const loop = await startFolderLoop(directory, {
    nginxConfig: {
      key: "x/config",
      isInForce: () => false,
      useHeaders: ({ ofAnswers, ofRequests }) => {
        proxy.engine.answerFields = withSetHeaders(ofOptions, ofAnswers);
        proxy.engine.requestHeaders = ofRequests;
      },
      useBlocked: (blocked) => (proxy.engine.blocked = blocked),
    },
    useRoutes: (table) => proxy.engine.useRoutes(table),
  });
  return {
    loop,
    endpoint,
    proxy,
    putMap,
    removeMap: (name: string) => rmSync(join(directory, `ConfigMap-${name}.yaml`)),
    async [Symbol.asyncDispose]() {
      await loop.close();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The lines of a message with these names. */
const linesOf = (text: string, names: RegExp) =>
  text.split("\r\n").filter((line) => names.test(line.slice(0, line.indexOf(":"))));

describe("add-headers of ingress-nginx's ConfigMap", () => {
  it("D its ConfigMap's fields are in all answers, those of Hawser too, as it is now", async () => {
    await using world = await startWorld({ config: { "add-headers": "x/added" } });
    const fieldsOf = async (request: string) => linesOf(await ask(world.proxy.port, request), /^x-/i);
    expect(await fieldsOf(requestOf())).toEqual([]);
    expect(world.loop.problemCount()).toBe(1);
    world.putMap("added", { "X-Frame-Options": "DENY", "X-Bad": "$host" });
    await vi.waitFor(async () => expect(await fieldsOf(requestOf())).toEqual(["X-Frame-Options: DENY"]), eventually);
    expect(await fieldsOf(requestOf().replace("a.com", "b.com"))).toEqual(["X-Frame-Options: DENY"]);
    expect(world.loop.problemCount()).toBe(1);
    world.putMap("config", {});
    await vi.waitFor(async () => expect(await fieldsOf(requestOf())).toEqual([]), eventually);
    expect(world.loop.problemCount()).toBe(0);
  });
});

describe("proxy-set-headers of ingress-nginx's ConfigMap", () => {
  it("D endpoints get its ConfigMap's fields in place of the client's, with what they say of the request", async () => {
    await using world = await startWorld({ config: { "proxy-set-headers": "x/set" } });
    const { port } = world.proxy;
    expect(statusOf(await ask(port, requestOf()))).toBe(503);
    world.putMap("set", { "X-User": "", "X-Path": "${host}$request_uri", "X-Time": "$msec", "X-Real-IP": "1.1.1.1" });
    await vi.waitFor(async () => expect(statusOf(await ask(port, requestOf()))).toBe(200), eventually);
    await ask(port, requestOf("/p?q", "X-User: forged\r\nx_time: forged\r\nX-Time: forged\r\nX-Other: 1\r\n"));
    const last = world.endpoint.received().split("GET ").at(-1)!;
    expect(linesOf(last, /^x.(?:user|path|time|real-ip|other)$/i)).toEqual([
      "X-Other: 1",
      expect.stringMatching(/^X-Real-IP: 127/),
      "X-Path: a.com/p?q",
    ]);
    // $msec is not a variable of Hawser's, and X-Real-IP is Hawser's to write.
    expect(world.loop.problemCount()).toBe(2);
  });

  it("D stays in use where its ConfigMap goes, and what the rule itself sets wins", async () => {
    const snippet = { "nginx.ingress.kubernetes.io/configuration-snippet": "proxy_set_header X-User rule;" };
    await using world = await startWorld({ config: { "proxy-set-headers": "x/set" }, annotations: snippet });
    const { port } = world.proxy;
    world.putMap("set", { "X-User": "all", "X-More": "1" });
    await vi.waitFor(async () => expect(statusOf(await ask(port, requestOf()))).toBe(200), eventually);
    world.removeMap("set");
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(1), eventually);
    await ask(port, requestOf());
    const last = world.endpoint.received().split("GET ").at(-1)!;
    expect(linesOf(last, /^x-(?:user|more)$/i)).toEqual(["X-User: rule", "X-More: 1"]);
  });

  it("D closes all Ingresses where it names no ConfigMap", async () => {
    await using world = await startWorld({ config: { "proxy-set-headers": "set" } });
    expect(statusOf(await ask(world.proxy.port, requestOf()))).toBe(503);
  });
});

describe("no-auth-locations of ingress-nginx's ConfigMap", () => {
  it("D rules whose paths begin so ask for no sign-in, whoever asks for it", async () => {
    const config = { "global-auth-url": "http://auth.x.svc/", "no-auth-locations": "/open, /health" };
    const paths = ["/", "/open", "/openly", "/o"];
    await using world = await startWorld({ config, paths });
    const { port, engine } = world.proxy;
    const statuses = async () => {
      const answers = ["/", "/open", "/open/x", "/openly", "/o", "/health"].map((path) => ask(port, requestOf(path)));
      return (await Promise.all(answers)).map(statusOf);
    };
    // The gate of this proxy lets in nobody that has to be asked about.
    expect(engine.access).toBeDefined();
    expect(await statuses()).toEqual([503, 200, 200, 200, 503, 503]);
    world.putMap("config", { "global-auth-url": "http://auth.x.svc/" });
    await vi.waitFor(async () => expect((await statuses())[1]).toBe(503), eventually);
  });
});

describe("block-* of ingress-nginx's ConfigMap", () => {
  it.each([
    { key: "block-user-agents", value: "Evil/1.0, ~*^bot.*x$", line: "User-Agent: evil/1.0", isBlocked: true },
    { key: "block-user-agents", value: "Evil/1.0, ~*^bot.*x$", line: "User-Agent: evil/1.01", isBlocked: false },
    { key: "block-user-agents", value: "Evil/1.0, ~*^bot.*x$", line: "User-Agent: BoT-x", isBlocked: true },
    { key: "block-user-agents", value: "~*^bot.*x$", line: "User-Agent: bot\xe9x", isBlocked: true },
    { key: "block-user-agents", value: "~bot", line: "User-Agent: Bot", isBlocked: false },
    { key: "block-user-agents", value: "~bot", line: `User-Agent: ${"a".repeat(1_025)}`, isBlocked: true },
    { key: "block-user-agents", value: "~bot", line: "X-Agent: bot", isBlocked: false },
    { key: "block-user-agents", value: "bot", line: "User-Agent: a\r\nUser-Agent: bot", isBlocked: true },
    {
      key: "block-referers",
      value: "~*security\\.example",
      line: "Referer: https://Security.example/x",
      isBlocked: true,
    },
    {
      key: "block-referers",
      value: "~*security\\.example",
      line: "Referer: https://securityxexample/x",
      isBlocked: false,
    },
    { key: "block-cidrs", value: "10.0.0.0/8, 127.0.0.1", line: "X-One: 1", isBlocked: true },
    { key: "block-cidrs", value: "10.0.0.0/8,::1", line: "X-One: 1", isBlocked: false },
  ])("D $key $value: $line is answered 403: $isBlocked", async ({ key, value, line, isBlocked }) => {
    await using world = await startWorld({ config: { [key]: value } });
    expect(world.loop.problemCount()).toBe(0);
    const { port } = world.proxy;
    const asked = (host: string) => ask(port, requestOf("/", `${line}\r\n`).replace("a.com", host));
    expect(statusOf(await asked("a.com"))).toBe(isBlocked ? 403 : 200);
    expect(statusOf(await asked("other.com"))).toBe(isBlocked ? 403 : 404);
  });

  it("D what is blocked stays so where the ConfigMap goes, and all is closed where it cannot be read", async () => {
    await using world = await startWorld({ config: { "block-user-agents": "bot" } });
    const statusFor = async (agent: string) =>
      statusOf(await ask(world.proxy.port, requestOf("/", `User-Agent: ${agent}\r\n`)));
    world.removeMap("config");
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(1), eventually);
    expect([await statusFor("bot"), await statusFor("other")]).toEqual([403, 200]);
    world.putMap("config", { "block-user-agents": "~(" });
    await vi.waitFor(async () => expect(await statusFor("other")).toBe(503), eventually);
    expect(await statusFor("bot")).toBe(403);
    world.putMap("config", {});
    await vi.waitFor(async () => expect(await statusFor("bot")).toBe(200), eventually);
  });
});
