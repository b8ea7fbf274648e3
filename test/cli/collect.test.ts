// A bundle for a report has no secret in it, wherever that was; and what it could not have is named in it.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeconfig } from "#test/support/kubeconfig.ts";
import { collectingStream } from "#cli/collecting-stream.ts";
import { runCollect } from "#cli/run-collect.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { callCli } from "./run-cli.ts";

/** Secrets of every kind, as they could be in a cluster. */
const planted = {
  password: "correct-horse-battery",
  shortPassword: "hunter2",
  blockPassword: "staple-of-lines",
  token: "q8Wn3vZr7T",
  jwt: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0",
  cookie: "sid-93kdk2lq",
  basic: "YWxpY2U6aHVudGVyMg",
  aws: "AKIAIOSFODNN7EXAMPLE",
  github: "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
  htpasswd: "$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00",
  bcrypt: "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC",
  hex: "4f3c2a1b9d8e7f60514233a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8",
  base64: "dGhpcyBpcyBhIHNlY3JldCBrZXkgb2YgMzIgYnl0ZXMh4Zz9",
  pem: "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
  urlPassword: "s3cr3t-in-url",
  query: "query-token-77",
  env: "env-value-55",
  arg: "arg-value-66",
  annotation: "annotation-of-a-person",
  snippet: "snippet-credential",
  lastApplied: "last-applied-credential",
  secretKey: "c2VjcmV0LWRhdGEtdmFsdWU=",
  stringData: "string-data-value",
  header: "header-value-88",
  tenant: "innocuous-header-99",
  peer: "bgp-peer-password",
  log: "logged-password-11",
  metric: "metric-token-22",
} as const;

const pem = `-----BEGIN PRIVATE KEY-----\n${planted.pem}\n-----END PRIVATE KEY-----`;
const lastApplied = { "kubectl.kubernetes.io/last-applied-configuration": `{"x":"${planted.lastApplied}"}` };

const lists: Readonly<Record<string, readonly unknown[]>> = {
  "/api/v1/services": [
    {
      metadata: {
        name: "web",
        namespace: "shop",
        annotations: { ...lastApplied, "example.com/note": planted.annotation, "hawser.dev/pool": "edge" },
      },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
      status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
    },
  ],
  "/apis/networking.k8s.io/v1/ingresses": [
    {
      metadata: {
        name: "shop",
        namespace: "shop",
        annotations: {
          "nginx.ingress.kubernetes.io/configuration-snippet": `proxy_set_header X-Up "${planted.snippet}";`,
          "nginx.ingress.kubernetes.io/auth-url": `https://u:${planted.urlPassword}@idp/?token=${planted.query}`,
          "nginx.ingress.kubernetes.io/rewrite-target": `/?api_key=${planted.query}`,
          "nginx.ingress.kubernetes.io/auth-secret": "shop/users",
        },
      },
      spec: { rules: [{ host: "shop.example" }] },
    },
  ],
  "/apis/hawser.dev/v1alpha1/httppolicies": [
    {
      metadata: { name: "policy", namespace: "shop" },
      spec: {
        requestHeaders: { set: [{ name: "Authorization", value: `Basic ${planted.basic}` }] },
        headers: [{ name: "X-Api-Key", value: planted.header }],
        requestHeaderModifier: { set: [{ name: "X-Tenant", value: planted.tenant }] },
      },
    },
  ],
  "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers": [
    { metadata: { name: "peer", namespace: "metallb-system" }, spec: { password: planted.peer, peerASN: 64512 } },
  ],
  "/api/v1/namespaces/hawser-system/configmaps": [
    {
      metadata: { name: "hawser", namespace: "hawser-system" },
      data: {
        config: `address-pools:\n- { name: edge, protocol: layer2, addresses: [192.0.2.0/29] }\npeers:\n- password: ${planted.password}\n  note: kept\n`,
        "nginx.conf": `password: |\n  ${planted.blockPassword}\nafter: kept\nCookie: sid=${planted.cookie}; other=${planted.token}\n`,
        "users.htpasswd": `alice:${planted.htpasswd}\n`,
        users: `bob:${planted.bcrypt}\ncarol:{SHA}${planted.basic}=\n`,
        "tls.key": pem,
        keys: `${planted.hex}\n${planted.base64}\n${planted.aws}\n${planted.github}\n`,
        clientSecret: planted.shortPassword,
      },
    },
  ],
  "/api/v1/namespaces/hawser-system/secrets": [
    {
      metadata: { name: "heartbeat", namespace: "hawser-system", annotations: lastApplied },
      type: "Opaque",
      data: { key: planted.secretKey },
      stringData: { other: planted.stringData },
    },
  ],
  "/api/v1/namespaces/hawser-system/pods": [
    {
      metadata: { name: "hawser-controller-a", namespace: "hawser-system" },
      spec: {
        containers: [
          {
            name: "controller",
            image: `localhost/hawser@sha256:${"ab".repeat(32)}`,
            args: ["--token", planted.arg, `--client-secret=${planted.arg}`, "--namespace=hawser-system"],
            env: [
              { name: "DATABASE", value: planted.env },
              { name: "HAWSER_TOKEN", value: planted.env },
              { name: "NODE_NAME", value: "n1" },
              { name: "FROM", valueFrom: { secretKeyRef: { name: "heartbeat", key: "key" } } },
            ],
            ports: [{ name: "metrics", containerPort: 9120 }],
          },
        ],
      },
      status: { phase: "Running", containerStatuses: [{ name: "controller", restartCount: 1 }] },
    },
  ],
};
const pod = "/api/v1/namespaces/hawser-system/pods/hawser-controller-a";
const texts: Readonly<Record<string, string>> = {
  [`${pod}/log`]: [
    `{"level":"info","msg":"ready","component":"controller"}`,
    `{"level":"warn","msg":"odd","password":"${planted.log}","headers":{"cookie":"${planted.cookie}"}}`,
    `plain line with Authorization: Bearer ${planted.token}${planted.token}`,
    `GET /?access_token=${planted.query}&page=2 ${planted.jwt}`,
  ].join("\n"),
  [`${pod}:9120/proxy/metrics`]: `hawser_build_info{version="0.1.0"} 1\nodd{token="${planted.metric}"} 1\n`,
};

/** Services that are there, too, and how often the Services were listed. */
let others: readonly unknown[] = [];
let looks = 0;

let server: Server;
let folder: string;
let configFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hawser-collect-"));
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const text = texts[pathname];
    if (text !== undefined && searchParams.get("previous") !== "true") {
      response.end(text);
      return;
    }
    const isService = pathname === "/api/v1/services";
    if (isService) looks += 1;
    const items = isService ? [...(lists[pathname] ?? []), ...others] : lists[pathname];
    const isRefused = pathname === "/api/v1/nodes" || text !== undefined;
    response.writeHead(isRefused ? 403 : 200, { "content-type": "application/json" });
    const refusal = { kind: "Status", message: 'nodes is forbidden: User "x" cannot list resource "nodes"' };
    response.end(JSON.stringify(isRefused ? refusal : { kind: "List", metadata: {}, items: items ?? [] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  configFile = join(folder, "kubeconfig");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(configFile, kubeconfig({ server: url }, { token: planted.token }));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

describe("C hawser collect", () => {
  let files: ReadonlyMap<string, string>;
  let said: { readonly code: number | null; readonly stdout: string; readonly stderr: string };
  const file = (): string => join(folder, "report.tar.gz");

  beforeAll(async () => {
    said = await callCli(["collect", "--kubeconfig", configFile, "-o", file()]);
    const to = join(folder, "unpacked");
    spawnSync("mkdir", ["-p", to]);
    spawnSync("tar", ["-xzf", file(), "-C", to]);
    const names = spawnSync("tar", ["-tzf", file()], { encoding: "utf8" }).stdout.split("\n");
    const inside = names.filter((name) => name !== "" && !name.endsWith("/"));
    files = new Map(inside.map((name) => [name.replace(/^[^/]+\//, ""), readFileSync(join(to, name), "utf8")]));
  });

  it("writes one archive that only its owner may read, and says how far it is", () => {
    expect([said.code, said.stdout]).toEqual([0, `${file()}\n`]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    for (const text of [
      "collect: objects of",
      "collect: logs and metrics of 1 pods",
      "collect: status",
      "Look into it",
    ])
      expect(said.stderr).toContain(text);
  });

  it("has objects, logs, metrics, outputs and versions", () => {
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        "MISSING.txt",
        "objects/Service.jsonl",
        "objects/Secret.jsonl",
        "objects/Pod.jsonl",
        "logs/hawser-controller-a/controller.log",
        "metrics/hawser-controller-a.txt",
        "outputs/status.txt",
        "outputs/status.json",
        "outputs/check.txt",
        "outputs/version.txt",
        "outputs/explain/shop_web.txt",
      ]),
    );
    expect(files.get("outputs/explain/shop_web.txt")).toContain("Service shop/web");
    expect(files.get("outputs/pools.txt")).toContain("CONTROLLER_NOT_LEADING");
  });

  it.each(Object.entries(planted))("has no secret: %s", (_, secret) => {
    const forms = [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")];
    for (const [name, text] of files) for (const form of forms) expect(text.includes(form) ? name : "").toBe("");
  });

  it("keeps what helps", () => {
    const all = [...files.values()].join("\n");
    for (const kept of [
      "192.0.2.1",
      "shop.example",
      `sha256:${"ab".repeat(32)}`,
      '"hawser.dev/pool":"edge"',
      "shop/users",
      '"secretKeyRef":{"name":"heartbeat","key":"key"}',
      '{"name":"NODE_NAME","value":"n1"}',
      "--namespace=hawser-system",
      "note: kept",
      "after: kept",
      '"msg":"ready"',
      "page=2",
      "peerASN",
      "hawser_build_info",
    ])
      expect(all).toContain(kept);
    expect(all).not.toContain("last-applied-configuration");
  });

  it("names what is missing", () => {
    expect(files.get("MISSING.txt")).toContain('cannot list resource "nodes"');
    expect(files.get("MISSING.txt")).toMatch(/^logs\/hawser-controller-a\/controller\.previous\.log: 403/m);
  });

  it("looks at the cluster as often, however many Services it explains", async () => {
    const lookFor = async (count: number): Promise<readonly [number, number]> => {
      looks = 0;
      others = Array.from({ length: count }, (_, at) => ({
        metadata: { name: `other-${at}`, namespace: "shop" },
        spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
      }));
      const { stderr } = await callCli(["collect", "--kubeconfig", configFile, "-o", join(folder, "other.tar.gz")]);
      others = [];
      return [looks, stderr.split("\n").filter((line) => line.startsWith("collect: explain ")).length];
    };
    const [[few, one], [many, more]] = [await lookFor(0), await lookFor(30)];
    expect([many - few, one, more]).toEqual([0, 1, 20]);
  });

  it("has what the nodes see on the wire about addresses that a person names, and says what is missing of it", async () => {
    const asked: (readonly string[])[] = [];
    const call = async (args: readonly string[], { stdout, stderr }: ProgramIo): Promise<number> => {
      if (args[0] !== "capture") return 0;
      asked.push(args);
      stderr.write("hawser capture: n2: no answer\n");
      if (args[1] === "192.0.2.1")
        stdout.write('{\n  "frames": [{ "mac": "02:00:5e:10:00:01" }],\n  "token": "abc"\n}\n');
      return args[1] === "192.0.2.1" ? 3 : 1;
    };
    const [stdout, stderr, archive] = [collectingStream(), collectingStream(), join(folder, "captured.tar.gz")];
    const io = { stdout, stderr, env: process.env, onSignal: () => undefined, onUncaught: () => undefined };
    const args = ["--kubeconfig", configFile, "--capture", "192.0.2.1,2001:db8::1", "-o", archive];
    expect(await runCollect(args, io, call)).toBe(0);
    const cluster = ["-o", "json", `--kubeconfig=${configFile}`];
    expect(asked.map((words) => words.slice(0, 5))).toEqual([
      ["capture", "192.0.2.1", ...cluster],
      ["capture", "2001:db8::1", ...cluster],
    ]);
    const read = (name: string): string =>
      spawnSync("tar", ["-xzOf", archive, "--wildcards", `*/${name}`], { encoding: "utf8" }).stdout;
    expect(JSON.parse(read("outputs/capture/192.0.2.1.json"))).toEqual({
      frames: [{ mac: "02:00:5e:10:00:01" }],
      token: "REDACTED",
    });
    expect(read("MISSING.txt")).toContain(
      "outputs/capture/2001:db8::1.json: hawser capture exits with 1: hawser capture: n2: no answer",
    );
    expect(read("MISSING.txt")).toContain("outputs/capture/192.0.2.1.json: hawser capture exits with 3");
  });

  it.each([
    { capture: "192.0.2.999", says: '--capture: "192.0.2.999" is not an IP address' },
    { capture: Array.from({ length: 7 }, (_, at) => `192.0.2.${at}`).join(), says: "--capture takes 6 addresses" },
  ])("refuses --capture $capture", async ({ capture, says }) => {
    const { code, stderr } = await callCli(["collect", "--kubeconfig", configFile, "--capture", capture]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  it("exits with 1 where the file cannot be written, and with 2 where there is no kubeconfig", async () => {
    const nowhere = await callCli(["collect", "--kubeconfig", configFile, "-o", join(folder, "no/such/folder")]);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("cannot write")]);
    expect((await callCli(["collect", "--kubeconfig", "/none"])).code).toBe(2);
  });
});
