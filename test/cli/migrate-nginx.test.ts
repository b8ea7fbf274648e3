import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli } from "./run-cli.ts";

const golden = fileURLToPath(new URL("../golden/migrate-nginx/", import.meta.url));
const file = (name: string): string => join(golden, name);

interface Printed {
  readonly ingresses: readonly {
    readonly ingress: string;
    readonly verdict: string;
    readonly served: readonly string[];
    readonly findings: readonly { readonly effect: string; readonly fix: string }[];
  }[];
  readonly otherIngresses: number;
  readonly settings: readonly {
    readonly name: string;
    readonly verdict: { readonly kind: string; readonly flags?: readonly string[]; readonly restricts?: true };
  }[];
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

const migrate = async (...args: readonly string[]) => callCli(["migrate", "ingress-nginx", ...args]);
const printed = async (...args: readonly string[]): Promise<Printed> =>
  JSON.parse((await migrate("-o", "json", ...args)).stdout) as Printed;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-migrate-nginx-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function written(text: string, name = "objects.yaml"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const ingress = (annotations = "", spec = "ingressClassName: nginx, "): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { namespace: shop, name: web, annotations: { ${annotations} } }
spec: { ${spec}rules: [{ host: a.example.com, http: { paths: [{ path: /a, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
`;
const program = (args: string, more = ""): string => `
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: web, name: nginx }
spec: { template: { spec: { ${more} containers: [{ name: x, image: x }, { name: controller, image: "registry.k8s.io/ingress-nginx/controller:v1.12.1@sha256:0", args: [${args}] }] } } }
`;
const config = (data: string): string => `
---
apiVersion: v1
kind: ConfigMap
metadata: { namespace: web, name: ingress-nginx-controller }
data: { ${data} }
`;

describe("G hawser migrate ingress-nginx", () => {
  it.each([
    { name: "manifests", paths: [file("manifests.in.yaml")], code: 3 },
    { name: "values", paths: [file("values.in.yaml"), file("values-ingresses.in.yaml")], code: 0 },
  ])("$name: prints each Ingress, each setting, our form and the steps; exits with $code", async (one) => {
    const text = await migrate(...one.paths);
    await expect(text.stdout.replaceAll(golden, "")).toMatchFileSnapshot(file(`${one.name}.out.txt`));
    const json = await migrate("-o", "json", ...one.paths);
    await expect(`${JSON.stringify(JSON.parse(json.stdout), null, 1)}\n`).toMatchFileSnapshot(
      file(`${one.name}.out.json`),
    );
    expect([text.code, json.code, text.stderr]).toEqual([one.code, one.code, ""]);
  });

  it.each([
    { name: "nothing special", annotations: "", verdict: "works", code: 0 },
    { name: "what is served", annotations: "nginx.ingress.kubernetes.io/limit-rps: '5'", verdict: "works", code: 0 },
    {
      name: "what is ignored",
      annotations: "nginx.ingress.kubernetes.io/qqqqqqqqqqqq: '5'",
      verdict: "differs",
      code: 0,
    },
    {
      name: "what closes it",
      annotations: "nginx.ingress.kubernetes.io/enable-modsecurity: 'true'",
      verdict: "refused",
      code: 3,
    },
    {
      name: "a value that cannot be read",
      annotations: "nginx.ingress.kubernetes.io/limit-rps: x",
      verdict: "refused",
      code: 3,
    },
    {
      name: "a slip that ingress-nginx ignores, too",
      annotations: "nginx.ingress.kubernetes.io/proxy-body-sise: '5'",
      verdict: "works",
      code: 0,
    },
  ])("says of an Ingress with $name that it $verdict", async ({ annotations, verdict, code }) => {
    const path = await written(ingress(annotations));
    expect((await printed(path)).ingresses.map((one) => one.verdict)).toEqual([verdict]);
    expect((await migrate(path)).code).toBe(code);
  });

  it.each([
    {
      id: "I-C1",
      name: "by the controller of its class",
      spec: "ingressClassName: public, ",
      klass: "k8s.io/ingress-nginx",
      is: 1,
    },
    { id: "I-C2", name: "of an unknown class", spec: "ingressClassName: other, ", klass: undefined, is: 0 },
    {
      id: "I-C3",
      name: "of a class by name, without its object",
      spec: "ingressClassName: nginx, ",
      klass: undefined,
      is: 1,
    },
    { id: "I-C6", name: "without a class", spec: "", klass: undefined, is: 0 },
    {
      id: "I-C10",
      name: "of a class of another controller",
      spec: "ingressClassName: public, ",
      klass: "example.com/x",
      is: 0,
    },
  ])(
    "$id looks at an Ingress $name as ingress-nginx and Hawser with its class do: $is",
    async ({ spec, klass, is }) => {
      const object =
        klass === undefined
          ? ""
          : `---\n{ apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: { name: public }, spec: { controller: ${klass} } }`;
      const { ingresses, otherIngresses } = await printed(await written(ingress("", spec) + object + program("")));
      expect([ingresses.length, otherIngresses]).toEqual([is, 1 - is]);
    },
  );

  it("I-C4 reads the class from the old annotation", async () => {
    const { ingresses } = await printed(await written(ingress("kubernetes.io/ingress.class: nginx", "") + program("")));
    expect(ingresses.length).toBe(1);
  });

  it("I-C6 looks at Ingresses without a class where the flag says so, and in files without the program", async () => {
    const withFlag = await printed(await written(ingress("", "") + program("--watch-ingress-without-class=true")));
    const alone = await printed(await written(ingress("", "")));
    expect([withFlag.ingresses.length, alone.ingresses.length]).toEqual([1, 1]);
  });

  it.each([
    { value: "proxy-body-size: 512k", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "ssl-redirect: 'false'", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "keep-alive: 5m", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "proxy-protocol-header-timeout: 5m", is: "--proxy-protocol-timeout=300" },
    { value: "proxy-protocol-header-timeout: '0'", is: "not-served" },
    { value: "enable-underscores-in-headers: 'true'", is: "--request-header-names=underscores" },
    { value: "enable-underscores-in-headers: 'false'", is: "same" },
    { value: "ssl-ciphers: 'a b'", is: "not-served" },
    { value: "whitelist-source-range: 10.0.0.0/8", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "block-user-agents: curl", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "ssl-protocols: TLSv1.3", is: "not-served RESTRICTS" },
    { value: "jaeger-collector-host: x", is: "needless" },
    { value: "of-tomorrow: x", is: "unknown" },
    { value: "use-gzip: ' '", is: undefined },
    { value: "add-headers: a/b", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "proxy-set-headers: a/b", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "no-auth-locations: /x", is: "--nginx-config-map=hawser-system/nginx-config" },
    { value: "global-auth-snippet: x", is: "not-served RESTRICTS" },
    { value: "enable-brotli: 'true'", is: "--brotli" },
    { value: "enable-brotli: 'false'", is: "same" },
    { value: "brotli-level: '11'", is: "--brotli-level=9" },
    { value: "brotli-level: '12'", is: "not-served" },
    { value: "brotli-min-length: 1k", is: "--brotli-min-length=1024" },
    { value: "brotli-types: application/xml+rss text/css", is: "--brotli-types=application/xml+rss,text/css" },
    { value: "gzip-types: '*'", is: "--gzip-types=*" },
    { value: "gzip-types: 'text/css;reboot'", is: "not-served" },
    { value: "gzip-level: '5'", is: "--gzip-level=5" },
    { value: "gzip-min-length: '1000'", is: "--gzip-min-length=1000" },
    { value: "gzip-disable: msie6", is: "needless" },
  ])("judges $value of the ConfigMap: $is", async ({ value, is }) => {
    const { settings } = await printed(await written(ingress() + config(value)));
    const name = value.slice(0, value.indexOf(":"));
    const found = settings.find((one) => one.name === name)?.verdict;
    expect(found && (found.flags?.join(" ") ?? `${found.kind}${found.restricts === true ? " RESTRICTS" : ""}`)).toBe(
      is,
    );
  });

  it("exits with 3 where a setting that restricts is not served, though each Ingress works", async () => {
    const { code, stdout } = await migrate(await written(ingress() + config("ssl-protocols: TLSv1.3")));
    expect([code, stdout]).toEqual([3, expect.stringContaining("\nProcedure\n\nNot yet: ")]);
  });

  it("takes the last of two flags of one name, and the ports that the program says", async () => {
    const path = await written(
      ingress() + program('--default-server-port, "8182", --ingress-class=a, --ingress-class=nginx'),
    );
    const { files } = await printed(path);
    expect(files[0]?.text).toContain("--default-backend-port=8182");
    expect(files[0]?.text).toContain("--ingress-class=nginx");
  });

  it.each([
    {
      name: "the ports of nodes",
      more: "hostNetwork: true,",
      service: "LoadBalancer",
      folder: "daemonset-hostnetwork",
    },
    { name: "a port of all nodes", more: "", service: "NodePort", folder: "deployment-nodeport" },
    { name: "a LoadBalancer", more: "", service: "LoadBalancer", folder: "deployment-loadbalancer" },
  ])("exposes Hawser as ingress-nginx is: by $name", async ({ more, service, folder: way }) => {
    const object = `---\n{ apiVersion: v1, kind: Service, metadata: { namespace: web, name: nginx }, spec: { type: ${service} } }`;
    const { files } = await printed(await written(ingress() + program("", more) + object));
    expect(files[0]?.text).toContain(`../install/${way}`);
  });

  it("takes no word of an object into a command or a file that is more than a name", async () => {
    const odd = `${ingress()}${program('"--ingress-class=nginx; reboot", "--controller-class=$(reboot)", "--default-ssl-certificate=a\\nb: reboot"')}${config('ssl-ciphers: "$(reboot)"')}`;
    const { files, ...report } = await printed(await written(odd));
    const { steps } = report as unknown as { readonly steps: unknown };
    expect(JSON.stringify([files, steps])).not.toContain("reboot");
  });

  it("prints what users wrote without characters that colour, hide or reorder the text of a terminal", async () => {
    const hostile = String.raw`a\u202Eb\e[31mc\u200B`;
    const { stdout } = await migrate(
      await written(
        ingress(`nginx.ingress.kubernetes.io/server-alias: "${hostile}"`) +
          config(`ssl-ciphers: "${hostile}", "x": "${hostile}"`),
      ),
    );
    expect(stdout).toContain(String.raw`a\u{202e}b`);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it.each([
    { name: "a file that does not exist", text: undefined, code: 1, says: "it cannot be read" },
    {
      name: "nothing of ingress-nginx",
      text: "{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }",
      code: 1,
      says: "there is nothing of ingress-nginx",
    },
  ])("exits with $code for $name", async ({ text, code, says }) => {
    const result = await migrate(text === undefined ? join(folder, "missing.yaml") : await written(text));
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(says)]);
  });

  it("exits with 1 for a document that is not YAML, and reports the others", async () => {
    const { code, stdout } = await migrate(await written(`${ingress()}\n---\n{`));
    expect([code, stdout]).toEqual([1, expect.stringContaining("MANIFEST_NOT_YAML")]);
    expect(stdout).toContain("- shop/web\n");
  });

  it("exits with 2 for an unknown option, and has a help of its own", async () => {
    expect((await migrate("--apply")).code).toBe(2);
    expect((await migrate("--help")).stdout).toMatch(/^Usage: hawser migrate ingress-nginx /);
  });
});
