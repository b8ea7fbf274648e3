import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { until as untilWithin } from "#lab/rack/until.ts";
import { answering, ask, listen, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

/** The program in a process of its own, on ports that the kernel chooses. */
interface Running {
  /** Log lines, parsed. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  /** The port that a listener logged. */
  port(listener: string): Promise<number>;
  kill(): void;
  readonly exit: Promise<number | null>;
  readonly manifests: string;
}

const until: typeof untilWithin = async (what, condition, options) =>
  untilWithin(what, condition, { timeoutMs: 60_000, ...options });
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function start(
  manifests: Readonly<Record<string, readonly unknown[]>>,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Running {
  const folder = mkdtempSync(join(tmpdir(), "hawser-ingress-"));
  for (const [name, objects] of Object.entries(manifests)) writeObjects(folder, name, objects);
  const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
  const own = ["ingress/main.ts", "--manifests", folder, "--bind-address=127.0.0.1", "--drain-delay=0", ...ports];
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, [...own, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
  cleanUps.push(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = () =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    lines,
    kill: () => void child.kill("SIGTERM"),
    exit,
    manifests: folder,
    port: (listener) =>
      until(
        `${listener} to listen`,
        () =>
          lines().find((line) => line["listener"] === listener && String(line["msg"]).startsWith("listening"))?.[
            "port"
          ] as number | undefined,
      ),
  };
}

function writeObjects(folder: string, name: string, objects: readonly unknown[]): void {
  writeFileSync(join(folder, name), objects.map((object) => stringify(object)).join("---\n"));
}

function service(name: string, port: number): readonly unknown[] {
  const metadata = { name };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: port }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "", port, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"] }],
    },
  ];
}

function ingress(name: string, host: string, serviceName: string): unknown {
  const backend = { service: { name: serviceName, port: { number: 80 } } };
  const paths = [{ path: "/", pathType: "Prefix", backend }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name },
    spec: { rules: [{ host, http: { paths } }] },
  };
}

const getFrom = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe("hawser ingress", () => {
  it("serves a folder, follows its changes, says what is wrong once, and ends well", async () => {
    await using a = await startEndpoint(answering("page a"));
    await using b = await startEndpoint(answering("page b"));
    const running = start({ "a.yaml": [...service("a", a.port), ingress("a", "a.com", "a")] });
    const [http, admin, fallback] = await Promise.all(["http", "admin", "default-backend"].map(running.port));
    const adminGet = (path: string) => ask(admin!, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await until("the ingress to be ready", async () => statusOf(await adminGet("/readyz")) === 200);
    expect(await ask(http!, getFrom("a.com"))).toMatch(/page a$/);
    expect(statusOf(await ask(http!, getFrom("b.com")))).toBe(404);
    expect(statusOf(await ask(fallback!, getFrom("a.com")))).toBe(404);

    const broken = { ...(ingress("broken", "c.com", "a") as object), spec: { rules: "none" } };
    writeObjects(running.manifests, "b.yaml", [...service("b", b.port), ingress("b", "b.com", "b"), broken]);
    await until("the new route", async () => (await ask(http!, getFrom("b.com"))).endsWith("page b"));
    expect(await ask(http!, getFrom("a.com"))).toMatch(/page a$/);
    const said = running.lines().filter(({ msg, where }) => msg === "problem" && String(where).includes("broken"));
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said.map(({ what, why }) => `${String(what)} ${String(why)}`)).size).toBe(said.length);

    const state = await adminGet("/state");
    const { routes, leftOut } = JSON.parse(state.slice(state.indexOf("\r\n\r\n"))) as Record<string, unknown>;
    const listed = (host: string, endpoint: number) => ({
      host,
      path: "/",
      pathType: "Prefix",
      ingress: `default/${host[0]}`,
      service: `default/${host[0]}:80`,
      tls: false,
      endpoints: [`127.0.0.1:${endpoint}`],
    });
    expect({ routes, leftOut }).toEqual({ routes: [listed("a.com", a.port), listed("b.com", b.port)], leftOut: 0 });

    const metrics = await adminGet("/metrics");
    expect(metrics).toMatch(/hawser_ingress_requests_total\{status="2xx"\} [1-9]/);
    expect(metrics).toMatch(/hawser_ingress_request_duration_seconds_bucket\{le="\+Inf"\} [1-9]/);
    running.kill();
    expect(await running.exit).toBe(0);
  });

  it("F writes the access log by a template, makes trace contexts, and shows metrics under ingress-nginx's names", async () => {
    await using a = await startEndpoint(answering("page a"));
    const format = '{"uri":"$request_uri","trace":"$opentelemetry_trace_id","to":"$proxy_upstream_name"}';
    const args = [
      "--access-log",
      `--access-log-format=${format}`,
      "--access-log-skip=/quiet",
      "--trace-context=make",
      "--nginx-metrics",
    ];
    const running = start({ "a.yaml": [...service("a", a.port), ingress("a", "a.com", "a")] }, args);
    const [http, admin] = await Promise.all(["http", "admin"].map(running.port));
    for (const path of ["/quiet", "/loud"]) await ask(http!, getFrom("a.com").replace("GET / ", `GET ${path} `));
    const logged = () => running.lines().filter(({ uri }) => uri !== undefined);
    await until("the line", () => logged().length > 0);
    expect(logged()).toEqual([{ uri: "/loud", trace: expect.stringMatching(/^[0-9a-f]{32}$/), to: "default-a-80" }]);
    expect(a.received()).toContain(`traceparent: 00-${String(logged()[0]?.["trace"])}-`);
    const metrics = await ask(admin!, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(metrics).toMatch(
      /^nginx_ingress_controller_requests\{.*controller_namespace="hawser-system".*ingress="a".*\} 2\r?$/m,
    );
    expect(metrics).toMatch(
      /^hawser_ingress_object_requests_total\{namespace="default",ingress="a",status="2xx"\} 2\r?$/m,
    );
    running.kill();
    expect(await running.exit).toBe(0);
  });

  it.each([
    { option: "--access-log-format=$nothing", why: /no variable \$nothing/ },
    { option: "--state-token-file=/nowhere/token", why: /ENOENT/ },
  ])("F does not start with $option", async ({ option, why }) => {
    const child = spawn(process.execPath, ["ingress/main.ts", "--manifests", tmpdir(), option], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (data) => (said += String(data)));
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([2, expect.stringMatching(why)]);
  });

  it("F reads what ingress-nginx's ConfigMap says of the program as a whole", async () => {
    await using a = await startEndpoint(answering("page a"));
    const data = {
      "ssl-reject-handshake": "true",
      "log-format-upstream": '{"msg": "line", "status": $status, "path": "$uri"}',
      "log-format-escape-json": "true",
      "skip-access-log-urls": "/quiet",
    };
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "config" }, data };
    const objects = [...service("a", a.port), ingress("a", "a.com", "a"), config];
    const running = start({ "a.yaml": objects }, ["--access-log", "--nginx-config-map=default/config"]);
    const [http, https] = await Promise.all(["http", "https"].map(running.port));
    for (const path of ["/quiet", "/x"]) await ask(http!, getFrom("a.com").replace("/", path));
    await until("the line", () => running.lines().some(({ msg }) => msg === "line"));
    const found = running.lines().filter(({ msg }) => msg === "line" || msg === "request");
    expect(found).toEqual([{ msg: "line", status: 200, path: "/x" }]);
    const codeFor = async (servername: string) =>
      new Promise((resolve) => {
        const socket = connect({ port: https!, host: "127.0.0.1", servername, rejectUnauthorized: false });
        socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
        socket.on("secureConnect", () => resolve(socket.end() && "handshake"));
      });
    expect([await codeFor("a.com"), await codeFor("b.com")]).toEqual(["handshake", "ERR_SSL_TLSV1_UNRECOGNIZED_NAME"]);
  });

  it.each([1, 2])("F variables go before ingress-nginx's ConfigMap, as flags do, with %i workers", async (workers) => {
    await using a = await startEndpoint(answering("page a"));
    const data = {
      "keep-alive-requests": "1",
      "log-format-upstream": '{"msg": "by the ConfigMap", "status": $status}',
      "proxy-protocol-header-timeout": "30",
      "gzip-level": "9",
    };
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "config" }, data };
    const objects = [...service("a", a.port), ingress("a", "a.com", "a"), config];
    const args = ["--access-log", "--nginx-config-map=default/config", `--workers=${workers}`];
    const running = start({ "a.yaml": objects }, args, {
      HAWSER_MAX_REQUESTS_PER_CONNECTION: "500",
      HAWSER_ACCESS_LOG_FORMAT: '{"msg": "by a variable", "status": $status}',
      HAWSER_PROXY_PROTOCOL_TIMEOUT: "30",
    });
    const http = await running.port("http");
    const kept = getFrom("a.com").replace("Connection: close\r\n", "");
    expect((await ask(http, kept + getFrom("a.com"))).match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    await until("the lines", () => running.lines().filter(({ msg }) => String(msg).startsWith("by")).length === 2);
    expect(running.lines().filter(({ msg }) => msg === "by the ConfigMap")).toEqual([]);
    const ignored = running.lines().filter(({ code }) => code === "NGINX_KEY_NOT_SERVED");
    expect(ignored.map(({ fix }) => fix)).toEqual(["Start the ingress with --gzip-level=9"]);
  });

  it("I-T1 I-T12 serves the certificate of a Secret for its host, and follows its change", async () => {
    const secret = (name: string): unknown => {
      const { cert, key } = selfSigned(name, Date.now());
      const stringData = { "tls.crt": cert, "tls.key": key };
      return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata: { name: "cert" }, stringData };
    };
    const secured = ingress("a", "a.com", "a") as { spec: object };
    const withTls = { ...secured, spec: { ...secured.spec, tls: [{ hosts: ["a.com"], secretName: "cert" }] } };
    const other = { apiVersion: "v1", kind: "Secret", metadata: { name: "password" }, data: { password: "eA==" } };
    const running = start({ "a.yaml": [withTls, other] });
    const https = await running.port("https");
    const nameFor = async (servername: string): Promise<string> => {
      const socket = connect({ port: https, host: "127.0.0.1", rejectUnauthorized: false, servername });
      await once(socket, "secureConnect");
      const { subjectaltname = "" } = socket.getPeerCertificate();
      socket.destroy();
      return subjectaltname;
    };
    await until("the missing Secret to be said", () =>
      running.lines().some(({ code }) => code === "INGRESS_SECRET_MISSING"),
    );
    expect(await nameFor("a.com")).toBe("DNS:hawser.invalid");
    writeObjects(running.manifests, "secret.yaml", [secret("one.a.com")]);
    await until("the certificate", async () => (await nameFor("a.com")) === "DNS:one.a.com");
    expect(await nameFor("b.com")).toBe("DNS:hawser.invalid");
    writeObjects(running.manifests, "secret.yaml", [secret("two.a.com")]);
    await until("the new certificate", async () => (await nameFor("a.com")) === "DNS:two.a.com");
    expect(running.lines().filter(({ where }) => String(where).includes("password"))).toEqual([]);
  });

  it("is not ready while its port is taken, names the port, and recovers", async () => {
    const squatter: Server = createServer();
    const taken = await listen(squatter);
    // This very process listens there, and is named.
    const running = start({}, [`--http-port=${taken}`]);
    const admin = await running.port("admin");
    await until("the problem", () => running.lines().some(({ code }) => code === "PORT_IN_USE"));
    const ready = () => ask(admin, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await ready()).toMatch(new RegExp(`^HTTP/1.1 503[^]*\\[-\\] http: .*${taken}: process ${process.pid} `));
    squatter.close();
    expect(await running.port("http")).toBe(taken);
    await until("the ingress to be ready", async () => statusOf(await ready()) === 200);
  });

  it("lets a request end that is under way when it is told to end", async () => {
    const release = Promise.withResolvers<undefined>();
    await using slow = await startEndpoint(
      (socket) => void release.promise.then(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")),
    );
    const running = start({ "a.yaml": [...service("a", slow.port), ingress("a", "a.com", "a")] });
    const http = await running.port("http");
    await until("the ingress to be ready", () => running.lines().some(({ msg }) => msg === "ready"));
    const answer = ask(http, getFrom("a.com"));
    await until("the request to arrive", () => slow.received() !== "");
    running.kill();
    await until("the shutdown to begin", () => running.lines().some(({ msg }) => msg === "shutting down"));
    release.resolve(undefined);
    expect(await answer).toMatch(/Connection: close\r\n\r\ndone$/);
    expect(await running.exit).toBe(0);
  });
});
