import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { check, main } from "#cli/check.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const service = (name: string, rest = "") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80, targetPort: 8080, name: http}]${rest}}\n`;
const ingress = (backend: string, rest = "") =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\nspec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: ${backend}}}]}}]${rest}}\n`;
const deployment = (name: string, labels: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: ${labels}}, spec: {containers: [{name: a, image: a}]}}}\n`;

/** Checks documents as one file; `CODE file` for each finding. */
function found(...documents: readonly string[]): string[] {
  const { findings } = check([{ path: "f.yaml", text: documents.join("---\n") }]);
  return findings.map(({ code, file, severity }) => `${severity} ${code} ${file}`);
}

describe("check() between objects", () => {
  const web = "{name: web, port: {number: 80}}";
  it.each([
    { name: "nothing where all is there", documents: [service("web"), ingress(web)], is: [] },
    { name: "nothing of Services where there is none", documents: [ingress(web)], is: [] },
    {
      name: "a Service that is not there",
      documents: [service("other"), ingress(web)],
      is: ["warning INGRESS_SERVICE_MISSING f.yaml:6"],
    },
    {
      name: "a port that is a targetPort",
      documents: [service("web"), ingress("{name: web, port: {number: 8080}}")],
      is: ["warning INGRESS_PORT_MISSING f.yaml:6"],
    },
    {
      name: "nothing of a port by name",
      documents: [service("web"), ingress("{name: web, port: {name: http}}")],
      is: [],
    },
    {
      name: "a Secret that is not there",
      documents: [service("web"), ingress(web, ", tls: [{secretName: tls}]")],
      is: ["warning INGRESS_SECRET_MISSING f.yaml:6"],
    },
    {
      name: "a pool that contains the address of a Node",
      documents: [
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.1}]}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hawser, namespace: hawser-system}\n" +
          'data: {config: "address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/30]}]"}\n',
      ],
      is: ["warning POOL_HAS_NODE_ADDRESS f.yaml:6"],
    },
    {
      name: "an object that is there twice",
      documents: [service("web"), service("web")],
      is: ["error MANIFEST_DUPLICATE f.yaml:6"],
    },
    {
      name: "a selector with the wrong value",
      documents: [service("web", ", selector: {app: web}"), deployment("web", "{app: website}")],
      is: ["warning SERVICE_SELECTS_NOTHING f.yaml:1"],
    },
    {
      name: "nothing of a selector that one Deployment has",
      documents: [
        service("web", ", selector: {app: web}"),
        deployment("a", "{app: website}"),
        deployment("b", "{app: web, tier: front}"),
      ],
      is: [],
    },
    {
      name: "nothing of a selector that is like nobody's labels",
      documents: [service("web", ", selector: {app: web}"), deployment("mail", "{tier: back}")],
      is: [],
    },
  ])("finds $name", ({ documents, is }) => {
    expect(found(...documents)).toEqual(is);
  });
});

describe("check() of the second article's NodePort example", () => {
  it("names the selector and the labels that nearly match", async () => {
    const { readFile } = await import("node:fs/promises");
    const text = await readFile(join(root, "test/golden/seeds/nodeport-app.yaml"), "utf8");
    const { findings, exitCode } = check([{ path: "f.yaml", text }]);
    expect(findings).toEqual([
      expect.objectContaining({
        code: "SERVICE_SELECTS_NOTHING",
        what: "Selects no pod by nginx-label=nginx01",
        why: 'the pods of Deployment "default/nginx-app" have app=nginx',
      }),
    ]);
    expect(exitCode).toBe(0);
  });
});

describe("hawser check", () => {
  let folder: string;
  let out: string;
  let err: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "check-"));
    [out, err] = ["", ""];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  it("exits 0 for a good folder, read in depth, without hidden files", async () => {
    await mkdir(join(folder, "deep/.hawser"), { recursive: true });
    await writeFile(join(folder, "deep/web.yml"), service("web"));
    await writeFile(join(folder, "deep/.hawser/x.yaml"), "{");
    await writeFile(join(folder, "notes.txt"), "{");
    expect(await main([folder])).toBe(0);
    expect(out).toBe("");
    expect(err).toBe("1 object read: 0 errors, 0 warnings\n");
  });

  it("exits 0 for warnings alone", async () => {
    expect(await main([join(root, "test/golden/seeds/nginx-ingress.yaml")])).toBe(0);
    expect(out).toContain("warning METADATA_MISPLACED\n");
  });

  it("exits 1 for an error and prints where, what, why and fix", async () => {
    const file = join(root, "test/golden/model/broken/01-reversed-range.yaml");
    expect(await main([file])).toBe(1);
    expect(out).toBe(
      [
        "error POOL_RANGE_REVERSED",
        `  where  ${file}:3  ConfigMap "hawser-system/hawser" address-pools[0].addresses[0]`,
        '  what   Cannot read range "192.168.1.250-192.168.1.240"',
        "  why    it ends below its start",
        '  fix    Write "192.168.1.240-192.168.1.250"',
        "",
        "",
      ].join("\n"),
    );
  });

  it("prints one JSON object a line", async () => {
    const folderOfBroken = join(root, "test/golden/model/broken");
    expect(await main(["--json", folderOfBroken])).toBe(1);
    const findings = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(findings.length).toBeGreaterThan(30);
    for (const finding of findings)
      expect(Object.keys(finding).sort()).toEqual(["code", "file", "fix", "severity", "what", "where", "why"]);
    for (const { file } of findings) expect(file).toMatch(/broken\/.*\.yaml(?::\d+|$)/);
  });

  it("exits 2 for a file that is not there, and checks the others", async () => {
    await writeFile(join(folder, "web.yaml"), "a: [");
    expect(await main([join(folder, "none.yaml"), join(folder, "web.yaml")])).toBe(2);
    expect(out).toContain("there is no such file");
    expect(out).toContain("MANIFEST_NOT_YAML");
  });

  it("explains itself", async () => {
    expect(await main(["--help"])).toBe(0);
    expect(out).toContain("Usage: hawser check");
    expect(await main([])).toBe(2);
    expect(await main(["--nonsense"])).toBe(2);
    expect(err).toContain("--nonsense");
  });
});
