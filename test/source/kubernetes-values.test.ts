import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { inClusterConfig } from "#src/source/kubernetes/api/api-config.ts";
import { LineSplitter } from "#src/source/kubernetes/api/line-splitter.ts";
import { outcomeOf } from "#src/source/kubernetes/api/outcome.ts";
import { backOffMs } from "#src/source/kubernetes/api/timing.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { printReport } from "#src/source/kubernetes/leases/report-leases.ts";
import { compareVersions, readObject } from "#src/source/kubernetes/read/read-object.ts";
import { mergePatch } from "#src/source/kubernetes/write/merge-patch.ts";

type Fields = Readonly<Record<string, unknown>>;

/** RFC 7396 as it is written there. */
function applied(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applied(result[name], value);
  }
  return result;
}

describe("mergePatch()", () => {
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
  const { object } = fc.letrec<{ object: Fields; value: unknown }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, leaf, tie("object")),
    object: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));

  it("makes one object of the other, by the rules of RFC 7396", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(applied(before, mergePatch(before, after) ?? {})).toEqual(applied({}, after));
      }),
    );
  });

  it("is undefined exactly where the two are the same", () => {
    const isNone = (value: Fields): boolean => mergePatch(value, structuredClone(value)) === undefined;
    fc.assert(fc.property(object, isNone));
    expect(mergePatch({ a: 1 }, { a: 1, b: undefined })).toBeUndefined();
    expect(mergePatch({ a: { b: 1 } }, { a: {} })).toEqual({ a: { b: null } });
  });
});

describe("LineSplitter", () => {
  it("gives the same lines however the bytes are cut", () => {
    const text = '{"a":"ä€😀"}\n\n{"b":1}\n';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: Buffer.byteLength(text) - 1 })), (cuts) => {
        const splitter = new LineSplitter();
        const bytes = Buffer.from(text);
        const ends = [...new Set(cuts)].sort((left, right) => left - right);
        const pieces = [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(pieces.flatMap((piece) => splitter.push(piece))).toEqual(['{"a":"ä€😀"}', '{"b":1}']);
      }),
    );
  });

  it("throws for a line without end", () => {
    const splitter = new LineSplitter();
    const piece = Buffer.alloc(1 << 20, "x");
    expect(() => {
      for (let megabytes = 0; megabytes < 20; megabytes++) splitter.push(piece);
    }).toThrow("without end");
  });
});

describe("readKubeconfig()", () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-kubeconfig-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "config");
  const server = "https://192.0.2.1:6443";

  function write(user: Fields, cluster: Fields = { server }, more: Fields = {}): string {
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
      clusters: [{ name: "k", cluster }],
      users: [{ name: "u", user }],
      ...more,
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  async function read(user: Fields, cluster?: Fields) {
    const config = readKubeconfig(write(user, cluster));
    if (!config.ok) throw new Error(config.problems[0]?.why);
    return { server: config.value.server, tls: await config.value.tls(), token: await config.value.token(false) };
  }

  it("takes a token, and the authority in the file", async () => {
    const cluster = { server, "certificate-authority-data": Buffer.from("CA").toString("base64") };
    const tls = { ca: Buffer.from("CA"), rejectUnauthorized: true };
    expect(await read({ token: "t" }, cluster)).toEqual({ server, tls, token: "t" });
  });

  it("takes files beside it, and reads them when they are needed", async () => {
    for (const name of ["ca", "crt", "key", "token"]) writeFileSync(join(directory, name), `${name}\n`);
    const user = { "client-certificate": "crt", "client-key": join(directory, "key"), tokenFile: "token" };
    const cluster = { server, "certificate-authority": "ca", "tls-server-name": "api" };
    expect(await read(user, cluster)).toEqual({
      server,
      token: "token",
      tls: {
        ca: Buffer.from("ca\n"),
        cert: Buffer.from("crt\n"),
        key: Buffer.from("key\n"),
        servername: "api",
        rejectUnauthorized: true,
      },
    });
  });

  it("takes a cluster that nobody vouches for, only where it says so", async () => {
    const { tls } = await read({}, { server, "insecure-skip-tls-verify": true });
    expect(tls.rejectUnauthorized).toBe(false);
  });

  it("does not take a password, and says so", () => {
    const problem = { code: "KUBECONFIG_UNSUPPORTED", why: expect.stringContaining("password") };
    const path = write({ username: "me", password: "x" });
    expect(readKubeconfig(path)).toMatchObject({ ok: false, problems: [problem] });
  });

  it("takes another context than the current one, and names those there are where it is missing", () => {
    const contexts = ["c", "d"].map((name) => ({ name, context: { cluster: `k-${name}`, user: "u" } }));
    const clusters = ["c", "d"].map((name) => ({ name: `k-${name}`, cluster: { server: `https://${name}` } }));
    const path = write({}, {}, { contexts, clusters });
    const serverOf = (context?: string): string => {
      const config = readKubeconfig(path, { context });
      return config.ok ? config.value.server : (config.problems[0]?.why ?? "");
    };
    expect([serverOf(), serverOf("d")]).toEqual(["https://c", "https://d"]);
    expect(serverOf("e")).toBe('it has no context "e", but c, d');
  });

  it("takes several files: the first that has a name wins, paths are relative to their own, missing ones are passed over", async () => {
    const other = join(directory, "other");
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, "token"), "theirs\n");
    const paths = [join(directory, "none"), join(directory, "first"), join(other, "second")];
    const first = { "current-context": "c", contexts: [{ name: "c", context: { cluster: "k", user: "u" } }] };
    const second = {
      "current-context": "d",
      clusters: [{ name: "k", cluster: { server } }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
    };
    writeFileSync(paths[1] ?? "", JSON.stringify(first));
    writeFileSync(paths[2] ?? "", JSON.stringify(second));
    const config = readKubeconfig(paths);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    expect([config.value.server, await config.value.token(false)]).toEqual([server, "theirs"]);
  });

  it.each([
    { name: "no file", make: () => join(directory, "none"), why: "there is no such file" },
    { name: "no YAML", make: () => (writeFileSync(path, "a: [1"), path), why: "" },
    { name: "a text", make: () => (writeFileSync(path, "hello"), path), why: "it is no map" },
    { name: "no context", make: () => write({}, { server }, { "current-context": "" }), why: "no current-context" },
    { name: "another context", make: () => write({}, { server }, { "current-context": "d" }), why: 'no context "d"' },
    { name: "no user", make: () => write({}, { server }, { users: [] }), why: "the user of its context" },
    { name: "no server", make: () => write({}, {}), why: "no server that is a URL" },
  ])("does not take $name", ({ make, why }) => {
    const problem = { code: "KUBECONFIG_UNREADABLE", why: expect.stringContaining(why) };
    expect(readKubeconfig(make())).toMatchObject({ ok: false, problems: [problem] });
  });
});

describe("inClusterConfig()", () => {
  it.each([
    { host: "10.96.0.1", server: "https://10.96.0.1:443" },
    { host: "fd00::1", server: "https://[fd00::1]:443" },
  ])("takes $host", ({ host, server }) => {
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "443" };
    expect(inClusterConfig({ env })).toMatchObject({ ok: true, value: { server } });
  });

  it("is a Problem where there is no cluster", () => {
    expect(inClusterConfig({ env: {} })).toMatchObject({ ok: false, problems: [{ code: "SOURCE_MISSING" }] });
  });
});

describe("readObject()", () => {
  const complain = (): never => expect.unreachable();

  it("leaves out what takes memory and is read by nobody", () => {
    const annotations = { a: "1", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const metadata = { name: "a", namespace: "shop", managedFields: [{}], annotations };
    expect(readObject("Service", { metadata }, complain)).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a", namespace: "shop", createdMs: 0, labels: {}, annotations: { a: "1" } },
    });
  });

  it.each([
    { kind: "Node", full: { status: { images: [{}], addresses: [] } }, kept: { status: { addresses: [] } } },
    { kind: "Secret", full: { data: { "tls.crt": "YQ==", password: "x" } }, kept: { data: { "tls.crt": "YQ==" } } },
    {
      kind: "EndpointSlice",
      full: { endpoints: [{ addresses: ["10.0.0.1"], targetRef: { name: "web-1", uid: "u" }, zone: "a" }] },
      kept: { endpoints: [{ addresses: ["10.0.0.1"], targetRef: { uid: "u" } }] },
    },
  ] as const)("keeps of a $kind what is read", ({ kind, full, kept }) => {
    const {
      metadata: _metadata,
      apiVersion: _version,
      ...rest
    } = readObject(kind, { metadata: { name: "a" }, ...full }, complain) ?? {};
    expect(rest).toEqual({ kind, ...kept });
  });
});

describe("compareVersions()", () => {
  it.each([
    { left: "9", right: "10", is: -1 },
    { left: "10", right: "9", is: 1 },
    { left: "123456789012345678901", right: "123456789012345678902", is: -1 },
    { left: "10", right: "10", is: 0 },
    { left: "a", right: "10", is: 0 },
  ])("$left and $right", ({ left, right, is }) => expect(Math.sign(compareVersions(left, right))).toBe(is));
});

describe("outcomeOf()", () => {
  it.each([
    { name: "no number", header: "soon", is: 1_000 },
    { name: "seconds", header: "3", is: 3_000 },
    { name: "a day", header: "86400", is: 60_000 },
    { name: "nothing", header: undefined, is: 1_000 },
  ])("reads a Retry-After of $name", ({ header, is }) => {
    expect(outcomeOf(429, header, "")).toMatchObject({ kind: "busy", retryAfterMs: is });
  });

  it("takes a success without JSON for a failure", () => {
    expect(outcomeOf(200, undefined, "<html>")).toMatchObject({ kind: "failed" });
  });
});

describe("printReport()", () => {
  it("shortens the longest list until an annotation holds it, and says so", () => {
    const announcing = Array.from({ length: 20_000 }, (_, index) => ({ ip: `192.0.2.${index}`, term: index }));
    const text = printReport({ node: "n1", announcing, members: ["n1", "n2"] });
    expect(text.length).toBeLessThanOrEqual(200 * 1_024);
    const read = JSON.parse(text) as Fields;
    expect(read).toMatchObject({ node: "n1", members: ["n1", "n2"], shortened: true });
    expect(read["announcing"]).toEqual(announcing.slice(0, (read["announcing"] as unknown[]).length));
  });

  it("ends for a report that has no list", () => {
    expect(printReport({ reportedAt: "now", note: "x".repeat(300_000) })).toBe('{"reportedAt":"now","shortened":true}');
  });
});

describe("backOffMs()", () => {
  it("doubles up to five seconds, with half of it left to chance", () => {
    expect([0, 1, 2, 5, 6, 1_000].map((failures) => backOffMs(failures, 0))).toEqual([
      0, 125, 250, 2_000, 2_500, 2_500,
    ]);
    expect(backOffMs(1_000, 0.999)).toBeLessThanOrEqual(5_000);
  });
});
