import { describe, expect, it } from "vitest";
import { CONNECTION_KEYS, type ConnectionSettings } from "#src/model/ingress-nginx/connection-settings.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import type { GivenOptions } from "#ingress/given-options.ts";
import { readLimits } from "#ingress/limit-options.ts";
import { limitsWith } from "#ingress/limits-with.ts";
import { ProgramInUse } from "#ingress/program-in-use.ts";
import { codes } from "#test/model/build.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import { answering, ask, okWith, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { nginxConfigOf } from "#test/support/nginx-config-of.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";
import { servingOptions } from "#test/support/start-servers.ts";

type Texts = Readonly<Record<string, string>>;

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const NONE: GivenOptions["given"] = new Set();
const BY_OPTIONS = { limitStatus: 503, sslRejectHandshake: false, accessLog: undefined, given: NONE, engines: 1 };
const answers = (text: string) => text.match(/HTTP\/1\.1 200/g)?.length ?? 0;

/** An engine whose time a test moves, with what the options and the ConfigMap say; `use` gives it another one. */
function engineWith(data: Texts, flags: readonly string[] = []) {
  const { options, given } = servingOptions(flags);
  const proxy = engineByHand({ limits: readLimits(options) });
  const program = new ProgramInUse(proxy.engine, { ...BY_OPTIONS, given });
  const use = (said: Texts) => program.use(nginxConfigOf(said).program);
  use(data);
  return { ...proxy, use };
}

describe("F times of clients by ingress-nginx's ConfigMap", () => {
  it.each([
    { data: {}, lastsSeconds: 30 },
    { data: { "client-header-timeout": "60" }, lastsSeconds: 60 },
    { data: { "client-header-timeout": "5s" }, lastsSeconds: 5 },
    { data: { "client-header-timeout": "5" }, flags: ["--head-timeout=30"], lastsSeconds: 30 },
    { data: { "client-header-timeout": "5" }, flags: ["--head-timeout", "30"], lastsSeconds: 30 },
    { data: { "client-header-timeout": "0" }, lastsSeconds: 30 },
  ])(
    "client-header-timeout is that of a whole head, however it comes: $data $flags",
    ({ data, flags, lastsSeconds }) => {
      const { accept, pass } = engineWith(data, flags);
      const client = accept();
      for (let second = 0; second < lastsSeconds; second++) {
        expect(client.connection.sent).toBe("");
        client.say(second === 0 ? "GET / HTTP/1.1\r\n" : "X: y\r\n");
        pass(1);
      }
      expect(client.connection.sent).toMatch(/^HTTP\/1\.1 408 /);
    },
  );

  it.each([
    { data: {}, lastsSeconds: 60 },
    { data: { "client-body-timeout": "7" }, lastsSeconds: 7 },
    { data: { "client-body-timeout": "7" }, flags: ["--client-body-timeout=60"], lastsSeconds: 60 },
    { data: { "client-body-timeout": "300" }, flags: ["--client-timeout=5"], lastsSeconds: 5 },
    {
      data: { "client-body-timeout": "300" },
      flags: ["--client-timeout=90", "--client-body-timeout=5"],
      lastsSeconds: 5,
    },
  ])("client-body-timeout is between two parts of a body: $data $flags", ({ data, flags, lastsSeconds }) => {
    const { accept, endpoints, pass } = engineWith(data, flags);
    const client = accept();
    client.say("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 1000000\r\n\r\n");
    endpoints[0]!.events.onConnect();
    // As much as a slow body has to have at least.
    const part = "a".repeat(20_000);
    for (let count = 0; count < 5; count++) {
      client.say(part);
      pass(lastsSeconds - 1);
    }
    expect(client.connection.sent).toBe("");
    pass(1);
    expect(client.connection.sent).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("client-body-timeout says nothing of clients that read slowly", () => {
    const { accept, endpoints, pass } = engineWith({ "client-body-timeout": "7" });
    const client = accept();
    client.say(GET);
    endpoints[0]!.events.onConnect();
    client.connection.isReading = false;
    endpoints[0]!.say(`HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart`);
    pass(59);
    expect(client.connection.ends).toEqual([]);
    pass(2);
    expect(client.connection.ends).toEqual(["abort"]);
  });

  it.each([
    { data: {}, lastsSeconds: 75 },
    { data: { "keep-alive": "10" }, lastsSeconds: 10 },
    { data: { "keep-alive": "2m" }, lastsSeconds: 120 },
  ])("keep-alive is between two requests: $data", ({ data, lastsSeconds }) => {
    const { accept, endpoints, pass } = engineWith(data);
    const client = accept();
    for (const count of [1, 2]) {
      client.say(GET);
      if (count === 1 || endpoints.length === count) endpoints.at(-1)!.events.onConnect();
      endpoints.at(-1)!.say(okWith("page"));
      expect(answers(client.connection.sent)).toBe(count);
      pass(lastsSeconds - 1);
      expect(client.connection.ends).toEqual([]);
    }
    pass(1);
    expect(client.connection.ends.length).toBe(1);
  });

  it("counts from the next time on where the ConfigMap changes, and no longer where a key goes", () => {
    const { accept, pass, use, engine } = engineWith({ "client-header-timeout": "5" });
    use({ "client-header-timeout": "10" });
    const client = accept();
    client.say("GET ");
    pass(9);
    expect(client.connection.sent).toBe("");
    pass(1);
    expect(client.connection.sent).toMatch(/^HTTP\/1\.1 408 /);
    use({});
    expect(engine.limits).toEqual(DEFAULT_LIMITS);
  });
});

describe("F counts of requests by ingress-nginx's ConfigMap", () => {
  const rows = [
    { value: "0", is: 1 },
    { value: "1", is: 1 },
    { value: "3", is: 3 },
    { value: "1000", is: 5 },
  ];
  const many = GET.repeat(4) + GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

  async function startWith(data: Texts, endpointPort: number, flags: readonly string[] = []) {
    const { options, given } = servingOptions(flags);
    const proxy = await startProxy({ s: [endpointPort] }, { limits: { ...readLimits(options), settleMs: 0 } });
    new ProgramInUse(proxy.engine, { ...BY_OPTIONS, given }).use(nginxConfigOf(data).program);
    return proxy;
  }

  it.each(rows)("keep-alive-requests: $value lets a connection have $is of 5", async ({ value, is }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startWith({ "keep-alive-requests": value }, endpoint.port);
    expect(answers(await ask(proxy.port, many))).toBe(is);
  });

  const untimed = [
    { data: {}, flags: ["--max-requests-per-connection=3"], ofNginx: "keepalive_requests 3;", is: 3 },
    { data: { "keep-alive": "0" }, flags: [], ofNginx: "keepalive_timeout 0;", is: 1 },
    {
      data: { "keep-alive": "0" },
      flags: ["--max-requests-per-connection=500"],
      ofNginx: "keepalive_timeout 0; keepalive_requests 500;",
      is: 1,
    },
    {
      data: { "keep-alive": "0", "keep-alive-requests": "500" },
      flags: [],
      ofNginx: "keepalive_timeout 0; keepalive_requests 500;",
      is: 1,
    },
    { data: { "keep-alive": "0" }, flags: ["--idle-timeout=75"], ofNginx: "keepalive_timeout 75;", is: 5 },
  ];

  it.each(untimed)("keep-alive: 0 goes before any count: $data $flags: $is of 5", async ({ data, flags, is }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startWith(data, endpoint.port, flags);
    expect(answers(await ask(proxy.port, many))).toBe(is);
  });

  it.skipIf(!hasNginx()).each(untimed)("as a real nginx does: $ofNginx $is", async ({ ofNginx, is }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using nginx = await startNginx({ endpointPort: endpoint.port, more: ofNginx });
    expect(answers(await ask(nginx.port, many))).toBe(is);
  });

  it.skipIf(!hasNginx()).each(rows)("as a real nginx does: keepalive_requests $value", async ({ value, is }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using nginx = await startNginx({ endpointPort: endpoint.port, more: `keepalive_requests ${value};` });
    expect(answers(await ask(nginx.port, many))).toBe(is);
  });

  const toEndpoints = [
    { data: {}, ofNginx: "", connections: 1 },
    { data: { "upstream-keepalive-requests": "0" }, ofNginx: "keepalive_requests 0;", connections: 6 },
    { data: { "upstream-keepalive-requests": "1" }, ofNginx: "keepalive_requests 1;", connections: 6 },
    { data: { "upstream-keepalive-requests": "2" }, ofNginx: "keepalive_requests 2;", connections: 3 },
    { data: { "upstream-keepalive-requests": "4" }, ofNginx: "keepalive_requests 4;", connections: 2 },
    { data: { "upstream-keepalive-connections": "0" }, ofNginx: undefined, connections: 6 },
    { data: { "upstream-keepalive-connections": "1" }, ofNginx: "", connections: 1 },
  ];

  async function connectionsFor(port: number, endpoint: { readonly connections: readonly unknown[] }) {
    const before = endpoint.connections.length;
    using client = openClient(port);
    for (let count = 1; count <= 6; count++) {
      client.send(GET);
      await client.until((text) => answers(text) === count && text.endsWith("page"));
    }
    return endpoint.connections.length - before;
  }

  it.each(toEndpoints)("$data: $connections connections to the endpoint for 6", async ({ data, connections }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startWith(data, endpoint.port);
    expect(await connectionsFor(proxy.port, endpoint)).toBe(connections);
  });

  it.skipIf(!hasNginx()).each(toEndpoints)(
    "as a real nginx: $ofNginx $connections",
    async ({ ofNginx, connections }) => {
      await using endpoint = await startEndpoint(answering("page"));
      const keepalive = ofNginx === undefined ? "" : `keepalive 4; ${ofNginx}`;
      await using nginx = await startNginx({
        endpointPort: endpoint.port,
        http: `upstream u { server 127.0.0.1:${endpoint.port}; ${keepalive} }`,
        more: 'location = /kept { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://u/; }',
      });
      const port = nginx.port;
      const before = endpoint.connections.length;
      using client = openClient(port);
      for (let count = 1; count <= 6; count++) {
        client.send(GET.replace("/ ", "/kept "));
        await client.until((text) => answers(text) === count && text.endsWith("page"));
      }
      expect(endpoint.connections.length - before).toBe(connections);
    },
  );
});

describe("F times of connections to endpoints by ingress-nginx's ConfigMap", () => {
  function serve({ accept, endpoints }: ReturnType<typeof engineWith>, isNew: boolean) {
    const client = accept();
    client.say(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    if (isNew) endpoints.at(-1)!.events.onConnect();
    endpoints.at(-1)!.say(okWith("page"));
    expect(answers(client.connection.sent)).toBe(1);
  }

  it.each([
    { data: {}, lastsSeconds: 60 },
    { data: { "upstream-keepalive-timeout": "7" }, lastsSeconds: 7 },
    { data: { "upstream-keepalive-timeout": "7" }, flags: ["--endpoint-idle-timeout=60"], lastsSeconds: 60 },
  ])("upstream-keepalive-timeout is how long one may be idle: $data $flags", ({ data, flags, lastsSeconds }) => {
    const proxy = engineWith(data, flags);
    serve(proxy, true);
    proxy.pass(lastsSeconds - 1);
    serve(proxy, false);
    proxy.pass(lastsSeconds - 1);
    expect(proxy.endpoints[0]!.connection.ends).toEqual([]);
    proxy.pass(1);
    expect(proxy.endpoints[0]!.connection.ends).toEqual(["close"]);
  });

  it("upstream-keepalive-time is how old one may be when it has served a request", () => {
    const proxy = engineWith({ "upstream-keepalive-time": "1m30s", "upstream-keepalive-timeout": "1h" });
    serve(proxy, true);
    proxy.pass(89);
    serve(proxy, false);
    proxy.pass(1);
    expect(proxy.endpoints[0]!.connection.ends).toEqual([]);
    serve(proxy, false);
    expect(proxy.endpoints[0]!.connection.ends).toEqual(["close"]);
  });
});

describe("an option of the program goes before its key", () => {
  const each = Object.values(CONNECTION_KEYS).flatMap(({ key, flags }) => flags.map((flag) => ({ key, flag })));

  it.each(each)("$flag before $key, also as a variable", ({ key, flag }) => {
    const { connections } = nginxConfigOf({ [key]: "7" }).program;
    const limitsBy = (flags: readonly string[], env: Texts = {}) =>
      limitsWith(DEFAULT_LIMITS, connections, { given: servingOptions(flags, env).given, engines: 1 });
    const variable = `HAWSER_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
    expect(limitsBy([`${flag}=20`])).toEqual(DEFAULT_LIMITS);
    expect(limitsBy([], { [variable]: "20" })).toEqual(DEFAULT_LIMITS);
    for (const env of [{}, { [variable]: "" }]) expect(limitsBy([], env)).not.toEqual(DEFAULT_LIMITS);
  });
});

describe("what cannot be read of these keys", () => {
  it.each<Texts>([
    { "client-header-timeout": "0" },
    { "client-header-timeout": "2d" },
    { "client-body-timeout": "a minute" },
    { "keep-alive": "-1" },
    { "keep-alive-requests": "1e3" },
    { "keep-alive-requests": "10000000000" },
    { "upstream-keepalive-timeout": "1x" },
    { "upstream-keepalive-time": "400d" },
    { "upstream-keepalive-requests": "1.5" },
    { "upstream-keepalive-connections": "70000" },
  ])("is ignored with a Problem: %j", (data) => {
    const { problems, program } = nginxConfigOf(data, () => false);
    expect(codes(problems)).toEqual(["nginx_key_invalid"]);
    expect(problems[0]!.why).toMatch(/ is not a (?:time|whole number) from \d+ to \d+/);
    expect(limitsWith(DEFAULT_LIMITS, program.connections, BY_OPTIONS)).toEqual(DEFAULT_LIMITS);
  });

  it("nothing is said of it where an option counts; each of several threads keeps its part", () => {
    const { connections } = nginxConfigOf({ "upstream-keepalive-connections": "10", "keep-alive": "0" }).program;
    const of = (engines: number, ...flags: readonly string[]) => {
      const { idleConnectionsPerEndpoint, connectionLife } = limitsWith(DEFAULT_LIMITS, connections, {
        given: servingOptions(flags).given,
        engines,
      });
      return [idleConnectionsPerEndpoint, connectionLife.requests];
    };
    expect([of(1), of(4), of(4, "--max-idle-per-endpoint=2", "--idle-timeout=9")]).toEqual([
      [10, 1],
      [3, 1],
      [320, 0],
    ]);
    const undefineds: Partial<ConnectionSettings> = nginxConfigOf({}).program.connections;
    expect(Object.values(undefineds).filter((value) => value !== undefined)).toEqual([]);
  });
});
