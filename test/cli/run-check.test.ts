import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkFiles } from "#cli/check-files.ts";
import { printFinding } from "#cli/print-finding.ts";
import { runCheck } from "#cli/run-check.ts";
import { printProblem } from "#src/model/problem.ts";
import { type TestIo, testIo } from "#test/support/program-io.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80, targetPort: 8080, name: http}]}\n`;

it("I15 no text of a manifest becomes a line or a colour of the terminal", () => {
  const controller = "a\\n::error::b \\e[31mred\\u202e\\x9b";
  const text = `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: hawser}\nspec: {controller: "${controller}"}\n`;
  const [finding] = checkFiles([{ path: "f.yaml", text }]).findings;
  const shown = "--controller-class a\\u{a}::error::b \\u{1b}[31mred\\u{202e}\\u{9b}";
  expect(printFinding(finding!)).toContain(shown);
  expect(printFinding(finding!).split("\n")).toHaveLength(6);
  expect(printProblem(finding!)).toContain(shown);
});

describe("checkFiles() of the second article's NodePort example", () => {
  it("names the selector and the labels that nearly match", async () => {
    const { readFile } = await import("node:fs/promises");
    const text = await readFile(join(root, "test/golden/seeds/nodeport-app.yaml"), "utf8");
    const { findings, exitCode } = checkFiles([{ path: "f.yaml", text }]);
    expect(findings).toEqual([
      expect.objectContaining({
        code: "SERVICE_SELECTS_NOTHING",
        what: "Cannot find a pod with nginx-label=nginx01",
        why: 'the pods of Deployment "default/nginx-app" have app=nginx',
      }),
    ]);
    expect(exitCode).toBe(0);
  });
});

describe("hawser check", () => {
  let folder: string;
  let io: TestIo;
  const main = async (args: readonly string[]) => runCheck(args, io);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "check-"));
    io = testIo();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it.each([
    { option: "--default-backend-service=shop/errors", says: ["DEFAULT_BACKEND_MISSING"] },
    { option: "--default-ssl-certificate=shop/cert", says: ["INGRESS_SECRET_MISSING"] },
    { option: "--default-backend-service=default/web", says: [] },
  ])("warns of what $option names and is not there", async ({ option, says }) => {
    await writeFile(join(folder, "web.yml"), service("web"));
    expect(await main([folder, option, "-o", "json"])).toBe(0);
    const lines = io
      .out()
      .split("\n")
      .filter((line) => line !== "");
    const found = lines.map((line) => JSON.parse(line) as { readonly code: string; readonly severity: string });
    expect(found.map(({ code, severity }) => `${code} ${severity}`)).toEqual(says.map((code) => `${code} warning`));
  });

  it.each([
    { options: [], settings: { "limit-rps": "1" }, says: ["POLICY_TARGET_MISSING"] },
    { options: ["--default-backend-service=default/web"], settings: { "limit-rps": "1" }, says: [] },
    {
      options: ["--default-backend-service=default/web"],
      settings: { "auth-type": "basic", "auth-secret": "users" },
      says: ["INGRESS_AUTH_SECRET_MISSING"],
    },
    {
      options: ["--default-backend-service=default/web"],
      settings: { "auth-type": "basic" },
      says: ["POLICY_INVALID"],
    },
  ])("E says $says of a policy at a Service with $options and $settings", async ({ options, settings, says }) => {
    await writeFile(join(folder, "web.yml"), service("web"));
    const spec = { targetRefs: [{ kind: "Service", name: "web" }], settings };
    const policy = { apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata: { name: "p" }, spec };
    await writeFile(join(folder, "policy.json"), JSON.stringify(policy));
    await main([folder, ...options, "-o", "json"]);
    const lines = io.out().split("\n").filter(Boolean);
    const found = lines.map((line) => JSON.parse(line) as { readonly code: string; readonly where: string });
    expect(found.map(({ code }) => code)).toEqual(says);
    for (const { where } of found) expect(where).toContain('HTTPPolicy "default/p"');
  });

  it.each(["--default-backend-service=web", "--default-ssl-certificate=a/b/c", "--nginx-config-map=x"])(
    "exits 2 for %s",
    async (option) => {
      await writeFile(join(folder, "web.yml"), service("web"));
      expect(await main([folder, option])).toBe(2);
    },
  );

  it("exits 0 for a good folder, read in depth, without hidden files", async () => {
    await mkdir(join(folder, "deep/.hawser"), { recursive: true });
    await writeFile(join(folder, "deep/web.yml"), service("web"));
    await writeFile(join(folder, "deep/.hawser/x.yaml"), "{");
    await writeFile(join(folder, "notes.txt"), "{");
    expect(await main([folder])).toBe(0);
    expect(io.out()).toBe("");
    expect(io.err()).toBe("1 object read: 0 errors, 0 warnings\n");
  });

  it.each([["-f"], ["-f="], ["--filename"], []])(
    "takes files after %j, as kubectl does, and alone",
    async (...flag) => {
      const file = join(root, "test/golden/model/broken/01-reversed-range.yaml");
      const [name] = flag;
      expect(await main(name === undefined ? [file] : name.endsWith("=") ? [`${name}${file}`] : [name, file])).toBe(1);
      expect(io.out()).toContain("error POOL_RANGE_REVERSED\n");
    },
  );

  it("exits 0 for warnings alone", async () => {
    expect(await main([join(root, "test/golden/seeds/nginx-ingress.yaml")])).toBe(0);
    expect(io.out()).toContain("warning METADATA_MISPLACED\n");
  });

  it("exits 1 for an error and prints where, what, why and fix", async () => {
    const file = join(root, "test/golden/model/broken/01-reversed-range.yaml");
    expect(await main([file])).toBe(1);
    expect(io.out()).toBe(
      [
        "error POOL_RANGE_REVERSED",
        `  where  ${file}:14  ConfigMap "hawser-system/hawser" address-pools[0].addresses[0]`,
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
    const findings = io
      .out()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(findings.length).toBeGreaterThan(30);
    for (const finding of findings)
      expect(Object.keys(finding).sort()).toEqual(["code", "file", "fix", "severity", "what", "where", "why"]);
    for (const { file } of findings) expect(file).toMatch(/broken\/.*\.yaml(?::\d+|$)/);
  });

  it("says in one line which kinds it ignored: a few, each cut and with nothing that a terminal obeys", async () => {
    const kinds = ["Role", "x".repeat(100_000), "a\u202eb", ...Array.from({ length: 20 }, (_, index) => `K${index}`)];
    const text = kinds.map((kind) => JSON.stringify({ apiVersion: "rbac.example/v1", kind })).join("\n---\n");
    await writeFile(join(folder, "others.yaml"), text);
    expect(await main([folder])).toBe(0);
    expect(io.err()).toMatch(
      /^0 objects read: .* Ignored: 1 Role, 1 x{63}\.\.\., 1 a\\u\{202e\}b, 1 K0, .* and 11 more\n$/,
    );
  });

  it("exits 2 for a file that is not there, and checks the others", async () => {
    await writeFile(join(folder, "web.yaml"), "a: [");
    expect(await main([join(folder, "none.yaml"), join(folder, "web.yaml")])).toBe(2);
    expect(io.out()).toContain("it does not exist");
    expect(io.out()).toContain("MANIFEST_NOT_YAML");
  });

  it("explains itself", async () => {
    expect(await main(["--help"])).toBe(0);
    expect(io.out()).toContain("Usage: hawser check");
    expect(await main([])).toBe(2);
    expect(await main(["--nonsense"])).toBe(2);
    expect(io.err()).toContain("--nonsense");
  });

  it("O11 prints JSON with -o json, as with --json", async () => {
    const file = join(root, "test/golden/model/broken/01-reversed-range.yaml");
    for (const args of [["-o", "json"], ["-ojson"], ["--output=json"], ["--json"]]) {
      io = testIo();
      expect(await main([...args, file])).toBe(1);
      expect(JSON.parse(io.out())).toMatchObject({ code: "POOL_RANGE_REVERSED", severity: "error" });
    }
  });

  describe("O7 reads the ConfigMap that the options name", () => {
    const config = (namespace: string, name: string, range: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\n` +
      `data: {config: "address-pools: [{name: p, protocol: layer2, addresses: [${range}]}]"}\n`;
    const good = "192.0.2.0/28";
    const reversed = "192.0.2.9-192.0.2.1";

    it.each([
      { name: "Hawser's by default", args: [], key: ["hawser-system", "hawser"] },
      { name: "by both options", args: ["--namespace", "metallb-system", "--config-map", "config"] },
      { name: "by one with a slash", args: ["--config-map", "metallb-system/config"] },
    ])("$name", async ({ args, key = ["metallb-system", "config"] }) => {
      const [namespace = "", name = ""] = key;
      const file = join(folder, "config.yaml");
      await writeFile(file, config(namespace, name, good));
      expect(await main([...args, file])).toBe(0);
      expect(io.out()).toBe("");
      await writeFile(file, config(namespace, name, reversed));
      expect(await main([...args, file])).toBe(1);
      expect(io.out()).toContain(`ConfigMap "${namespace}/${name}" address-pools[0].addresses[0]`);
    });

    it("and names the option where MetalLB's is there alone", async () => {
      const file = join(folder, "config.yaml");
      await writeFile(
        file,
        config("metallb-system", "config", "192.0.2.0/28")
          .replace('data: {config: "', "data:\n  config: |\n    ")
          .replace(/"\}\n$/, "\n")
          .replace("address-pools: [", "address-pools:\n    - ")
          .replace(/\]\n$/, "\n"),
      );
      expect(await main([file])).toBe(1);
      expect(io.out()).toContain("error CONFIG_MAP_NOT_READ");
      expect(io.out()).toContain("--config-map metallb-system/config");
    });
  });
});
