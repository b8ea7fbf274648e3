import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { answering, openClient, startEndpoint } from "#test/support/ingress-proxy.ts";
import { jwksOf, testKey } from "#test/support/test-issuer.ts";
import { hasRedis, startRedis } from "#test/support/real-redis.ts";

type Line = Readonly<Record<string, unknown>>;

/** An Ingress that sends all of a.com to an endpoint, and a policy of it. */
function manifests(endpointPort: number, spec: Readonly<Record<string, unknown>>): string {
  const metadata = { name: "shop", namespace: "default" };
  const backend = { service: { name: "shop", port: { number: 80 } } };
  const objects = [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80, targetPort: endpointPort }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "shop" } },
      addressType: "IPv4",
      ports: [{ name: "", port: endpointPort, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"] }],
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: { rules: [{ host: "a.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
    },
    {
      apiVersion: "hawser.dev/v1alpha1",
      kind: "HTTPPolicy",
      metadata,
      spec: { targetRefs: [{ kind: "Ingress", name: "shop" }], ...spec },
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

/** The program in a process of its own, with this store; the password is in a file. */
async function startProgram(port: number | undefined, password: string, objects = "", more: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), "hawser-ingress-"));
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${password}\n`);
  if (objects !== "") await writeFile(join(folder, "objects.yaml"), objects);
  const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
  const url = `--rate-limit-store=redis://127.0.0.1:${port}/0`;
  const store = port === undefined ? [] : [url, `--rate-limit-store-password-file=${passwordFile}`];
  const args = ["ingress/main.ts", "--manifests", folder, "--bind-address=127.0.0.1", "--drain-delay=0", ...ports];
  const child = spawn(process.execPath, [...args, ...store, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  const lines = (): readonly Line[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line): Line => JSON.parse(line));
  const portOf = async (name: string): Promise<number> =>
    until(`${name} to listen`, () => {
      const line = lines().find(({ listener, msg }) => listener === name && String(msg).startsWith("listening"));
      return line && Number(line["port"]);
    });
  const admin = await portOf("admin");
  return {
    lines,
    /** What so many requests with these lines are answered. */
    async statuses(count: number, lines = ""): Promise<readonly string[]> {
      using client = openClient(await portOf("http"));
      client.send(`GET / HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n`.repeat(count));
      const found = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = ""]) => status);
      return found(await client.until((text) => found(text).length === count));
    },
    /** How many of so many requests are let in; the others are answered 429. */
    async admitted(count: number, lines?: string): Promise<number> {
      const statuses = await this.statuses(count, lines);
      expect(new Set(statuses).difference(new Set(["200", "429"]))).toEqual(new Set());
      return statuses.filter((status) => status === "200").length;
    },
    /** The lines about the store, in few words; each thread that serves says the same. */
    said: () =>
      lines()
        .flatMap(({ code, msg }) =>
          code === "RATE_LIMIT_STORE_AWAY"
            ? ["away"]
            : String(msg).startsWith("rate limits are counted")
              ? ["shared"]
              : [],
        )
        .filter((word, index, words) => word !== words[index - 1]),
    async metric(name: string): Promise<string | undefined> {
      // A connection that is kept may end just when it is used again.
      const text = await until("the metrics", async () => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text());
      return text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1);
    },
    async end(): Promise<unknown> {
      child.kill("SIGTERM");
      const [code]: unknown[] = await exit;
      return code;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
      await rm(folder, { recursive: true });
    },
  };
}

describe.skipIf(!hasRedis())("R --rate-limit-store of the program, on a real server", () => {
  it("R says when the store is away and when it is back, in the log and in metrics, and ends cleanly", async () => {
    await using redis = await startRedis(["--requirepass", "open sesame"]);
    await using program = await startProgram(redis.port, "open sesame");
    const isUp = (value: string) => async () => (await program.metric("hawser_ingress_rate_limit_store_up")) === value;
    await until("it to count in the store", () => program.said().join() === "shared");
    await until("the metric to say so", isUp("1"));
    expect(await program.metric("hawser_ingress_problems")).toBe("0");
    await redis.kill();
    await until("it to count alone", () => program.said().join() === "shared,away");
    await until("the metric to say so", isUp("0"));
    expect(await program.metric("hawser_ingress_problems")).toBe("1");
    await redis.start();
    await until("it to be back", () => program.said().at(-1) === "shared");
    await until("the metric to say so", isUp("1"));
    expect(await program.metric("hawser_ingress_problems")).toBe("0");
    expect(await program.end()).toBe(0);
  });

  it("R starts without the store, too", async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using program = await startProgram(redis.port, "any");
    await until("it to say so", () => program.said().join() === "away");
    expect(await program.end()).toBe(0);
  });

  it("R two programs admit the limit of an HTTPPolicy together, and each of them when the store is gone", async () => {
    await using redis = await startRedis();
    await using endpoint = await startEndpoint(answering("page"));
    const rateLimits = [{ requests: 40, per: "day", key: [{ type: "ClientAddress" }], shared: true }];
    const objects = manifests(endpoint.port, { rateLimits });
    const slow = ["--rate-limit-store-timeout=1000"];
    await using one = await startProgram(redis.port, "", objects, slow);
    await using other = await startProgram(redis.port, "", objects, slow);
    for (const program of [one, other])
      await until("it to count in the store", () => program.said().at(-1) === "shared");
    expect([await one.admitted(30), await other.admitted(30)]).toEqual([30, 10]);
    await redis.kill();
    for (const program of [one, other]) await until("it to count alone", () => program.said().at(-1) === "away");
    expect([await one.admitted(30), await other.admitted(50)]).toEqual([10, 30]);
    const alone = 'hawser_ingress_shared_rate_limit_requests_total{counted_by="replica"}';
    expect(await one.metric(alone)).toBe("30");
  });
});

describe("R shared: true without --rate-limit-store", () => {
  it("R is counted by the program alone, and says so", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const rateLimits = [{ requests: 4, per: "day", shared: true }];
    await using program = await startProgram(undefined, "", manifests(endpoint.port, { rateLimits }));
    expect(await program.admitted(6)).toBe(4);
    const where = 'HTTPPolicy "default/shop" spec.rateLimits[0].shared';
    await until("it to say so", () =>
      program.lines().some((line) => line["code"] === "RATE_LIMIT_NOT_SHARED" && line["where"] === where),
    );
    // There is no store that could be up or not.
    expect(await program.metric("hawser_ingress_rate_limit_store_up")).toBeUndefined();
  });
});

describe("R an HTTPPolicy with a limit by a claim", () => {
  it("R counts each bearer of a token alone, and requests with a bad token not at all", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const key = await testKey("k");
    const claims = { iss: "https://id.test", aud: "shop", exp: Math.floor(Date.now() / 1_000) + 3_600 };
    const bearer = async (sub: string) => `Authorization: Bearer ${await key.sign({ ...claims, sub })}\r\n`;
    const [alice, bob] = [await bearer("alice"), await bearer("bob")];
    const jwt = { issuer: claims.iss, audiences: ["shop"], jwks: { inline: jwksOf(key) } };
    const rateLimits = [{ requests: 3, per: "day", key: [{ type: "Claim", name: "sub" }] }];
    await using program = await startProgram(undefined, "", manifests(endpoint.port, { jwt, rateLimits }));
    expect(await program.admitted(2, alice)).toBe(2);
    expect(new Set(await program.statuses(5, alice.replace(/.{9}\r/, "AAAAAAAAA\r")))).toEqual(new Set(["401"]));
    expect(new Set(await program.statuses(5))).toEqual(new Set(["401"]));
    expect([await program.admitted(5, alice), await program.admitted(5, bob)]).toEqual([1, 3]);
  });
});
