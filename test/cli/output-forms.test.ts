// Every command that prints has the same forms of output: for people, for programs, and for pipes.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { callCli } from "./run-cli.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

const installation = `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
    - { name: edge, protocol: layer2, addresses: [192.0.2.0/29] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { hawser.dev/ip-allocated-from-pool: edge, hawser.dev/assigned-addresses: 192.0.2.1 } }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: old, namespace: shop, annotations: { hawser.dev/ip-allocated-from-pool: former, hawser.dev/assigned-addresses: 198.51.100.1 } }
spec: { type: LoadBalancer, selector: { app: old }, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: 198.51.100.1 }] } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  tls: [{ hosts: [shop.example], secretName: shop-tls }]
  rules: [{ host: shop.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;
const without = installation.replace("192.0.2.0/29", "203.0.113.0/29");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-forms-"));
  await writeFile(join(folder, "all.yaml"), installation);
});
afterAll(async () => rm(folder, { recursive: true }));

interface Row {
  readonly name: string;
  readonly args: () => readonly string[];
  /** The lines of `-o name`; undefined where the command has no objects to name. */
  readonly names: readonly string[] | undefined;
  /** What `-o wide` shows and the text does not. */
  readonly wide: string;
}

const inFolder = (...args: readonly string[]): (() => readonly string[]) => {
  return () => [...args, "--manifests", folder];
};

const rows: readonly Row[] = [
  { name: "status", args: inFolder("status"), names: ["service/shop/old", "service/shop/web"], wide: "MESSAGE" },
  { name: "explain", args: inFolder("explain", "shop/web"), names: ["service/shop/web"], wide: "VERDICT" },
  {
    name: "explain of an address",
    args: inFolder("explain", "192.0.2.1"),
    names: ["service/shop/web"],
    wide: "VERDICT",
  },
  { name: "explain of a URL", args: inFolder("explain", "https://shop.example/"), names: [], wide: "VERDICT" },
  { name: "pools", args: inFolder("pools"), names: ["configmap/hawser-system/hawser"], wide: "IN USE" },
  { name: "routes", args: inFolder("routes"), names: ["ingress/shop/shop"], wide: "EXTERNAL NAME" },
  { name: "certs", args: inFolder("certs"), names: [], wide: "REASONS" },
  { name: "plan", args: inFolder("plan", "--delete", "Service/shop/web"), names: [], wide: "" },
  { name: "history", args: inFolder("history", "shop/web"), names: ["service/shop/web"], wide: "" },
  {
    name: "check",
    args: () => ["check", join(folder, "all.yaml")],
    names: ["ingress/shop/shop"],
    wide: "SEVERITY",
  },
  {
    name: "migrate metallb",
    args: () => ["migrate", "metallb", golden("migrate/config-map.in.yaml")],
    names: ["service/shop/routed"],
    wide: "POOL",
  },
  {
    name: "migrate ingress-nginx",
    args: () => ["migrate", "ingress-nginx", join(folder, "all.yaml")],
    names: ["ingress/shop/shop"],
    wide: "NOT NEEDED",
  },
  {
    name: "release",
    args: inFolder("release", "shop/old", "--dry-run"),
    names: ["service/shop/old"],
    wide: "",
  },
  { name: "version", args: () => ["version"], names: undefined, wide: "platform" },
];

describe("C -o", () => {
  it.each(rows)("$name: json and yaml have the same fields", async ({ args }) => {
    const json = await callCli([...args(), "-o", "json"]);
    const yaml = await callCli([...args(), "-o", "yaml"]);
    const documents = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    const parsed = parseAllDocuments(yaml.stdout).map((one) => one.toJS() as unknown);
    expect(withoutTimes(parsed)).toEqual(withoutTimes(documents));
    expect([yaml.code, (await callCli([...args(), "--json"])).stdout.length > 0]).toEqual([json.code, true]);
  });

  it.each(rows)("$name: wide shows what the text does", async ({ args, wide }) => {
    const [text, more] = [await callCli(args()), await callCli([...args(), "-o", "wide"])];
    expect(more.code).toBe(text.code);
    if (wide === "") return;
    expect(more.stdout).toContain(wide);
    expect(text.stdout).not.toContain(wide);
  });

  it.each(rows)("$name: name prints kind/namespace/name, each once", async ({ args, names }) => {
    const { code, stdout, stderr } = await callCli([...args(), "-o", "name"]);
    if (names === undefined) {
      expect([code, stderr]).toEqual([2, expect.stringContaining("text, json, yaml, wide")]);
      return;
    }
    const lines = stdout.split("\n").slice(0, -1);
    expect(lines.filter((line) => !/^[a-z]+(?:\/[^/\s]+){1,2}$/.test(line))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines).toEqual(expect.arrayContaining([...names]));
  });

  it.each(rows)("$name: a form that does not exist is an error that names those that do", async ({ args, names }) => {
    const { code, stdout, stderr } = await callCli([...args(), "-o", "xml"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`text, json, yaml, wide${names === undefined ? "" : ", name"}`);
  });

  it("name has the Services that a plan changes", async () => {
    const { dir, file } = await scratch(without);
    const { stdout, code } = await callCli(["plan", "--manifests", folder, "-f", file, "-o", "name"]);
    await rm(dir, { recursive: true });
    expect([stdout, code]).toEqual(["service/shop/web\n", 3]);
  });
});

async function scratch(text: string): Promise<{ readonly dir: string; readonly file: string }> {
  const dir = await mkdtemp(join(tmpdir(), "hawser-forms-then-"));
  const file = join(dir, "then.yaml");
  await writeFile(file, text);
  return { dir, file };
}

/** Times pass between two calls. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replaceAll(/\d+ s\b/g, "N s"),
  );
}
