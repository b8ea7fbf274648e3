import { describe, expect, it } from "vitest";
import { parseIngress } from "#src/model/ingress.ts";
import { parseManifests } from "#src/model/manifest.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const backend = { service: { name: "s", port: { number: 443 } } };
const rule = (host: string | undefined, ...paths: readonly string[]) => ({
  host,
  http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) },
});

interface Asked {
  readonly value: string;
  readonly passesTls: boolean;
  readonly more: Readonly<Record<string, string>>;
  readonly prefix: string;
}

function read(spec: object, { value = "true", passesTls = true, more = {}, prefix = NGINX }: Partial<Asked> = {}) {
  const annotations = { [`${prefix}ssl-passthrough`]: value, ...more };
  const metadata = { name: "i", namespace: "n", annotations };
  const text = JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec });
  const [object] = parseManifests(text, "i.json").objects;
  const parsed = parseIngress(object!, { passesTls });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { closed, settings } = parsed.value;
  return { closed, passes: settings.sslPassthrough, told: parsed.problems.map(({ code, why }) => `${code}: ${why}`) };
}

describe("an Ingress with ssl-passthrough", () => {
  it.each([
    { prefix: NGINX, paths: ["/"] },
    { prefix: "hawser.dev/", paths: ["/", "/more"] },
  ])("is read with $prefix and the paths $paths", ({ prefix, paths }) => {
    expect(read({ rules: [rule("a.com", ...paths), rule("*.b.com", "/")] }, { prefix })).toEqual({
      closed: undefined,
      passes: true,
      told: [],
    });
  });

  it.each(["false", "False"])("is as any other where it says %s", (value) => {
    const spec = { rules: [rule(undefined, "/x")] };
    expect(read(spec, { value, passesTls: false })).toEqual({ closed: undefined, passes: false, told: [] });
  });

  it.each([
    { name: "without the option", spec: { rules: [rule("a.com", "/")] }, passesTls: false, why: /--ssl-passthrough/ },
    {
      name: "with a rule without host",
      spec: { rules: [rule("a.com", "/"), rule(undefined, "/")] },
      why: /has no host/,
    },
    { name: "with a rule without the path /", spec: { rules: [rule("a.com", "/a")] }, why: /"a.com" has none/ },
    {
      name: "with a rule without paths",
      spec: { rules: [{ host: "a.com" }], defaultBackend: backend },
      why: /has none/,
    },
    { name: "with a default backend alone", spec: { defaultBackend: backend }, why: /no rule with a host/ },
  ])("is closed $name, and says so once", ({ spec, passesTls = true, why }) => {
    const { closed, told } = read(spec, { passesTls });
    expect(closed).toBe("closed-unsupported");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^INGRESS_PASSTHROUGH_UNSERVED/);
    expect(told[0]).toMatch(why);
  });

  it("is closed by a value that is neither true nor false", () => {
    const { closed, told } = read({ rules: [rule("a.com", "/")] }, { value: "yes" });
    expect(closed).toBe("closed-unsupported");
    expect(told).toEqual([expect.stringMatching(/^INGRESS_ANNOTATION_UNSUPPORTED: .*neither true nor false/)]);
  });

  it("does nothing in a canary, whose main Ingress says where connections go", () => {
    const more = { [`${NGINX}canary`]: "true", [`${NGINX}canary-weight`]: "10" };
    expect(read({ rules: [rule("a.com", "/a")] }, { more, passesTls: false })).toMatchObject({
      closed: undefined,
      told: [],
    });
  });
});
