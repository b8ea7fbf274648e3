import { describe, expect, it } from "vitest";
import { parseIngress } from "#src/model/ingress.ts";
import { codes, object, valueOf } from "#test/model/build.ts";

const backend = { service: { name: "web", port: { number: 80 } } };

function withAnnotations(annotations: Readonly<Record<string, string>>, prefix = "nginx.ingress.kubernetes.io/") {
  const keys = Object.entries(annotations).map(([name, value]) => [prefix + name, value]);
  const metadata = { name: "shop", namespace: "web", annotations: Object.fromEntries(keys) };
  const spec = { defaultBackend: backend };
  return parseIngress(object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec })));
}

const BASIC = { "auth-type": "basic", "auth-secret": "users" };

describe("parseIngress() reads who may come in by name and password", () => {
  it.each([
    { annotations: BASIC, settings: { authType: "basic", authSecret: "web/users" } },
    { annotations: { ...BASIC, "auth-type": " Basic " }, settings: { authType: "basic", authSecret: "web/users" } },
    { annotations: { ...BASIC, "auth-secret": "web/users" }, settings: { authType: "basic", authSecret: "web/users" } },
    {
      annotations: { ...BASIC, "auth-secret-type": "auth-map", "auth-realm": 'The "shop" - staff' },
      settings: {
        authType: "basic",
        authSecret: "web/users",
        authSecretType: "auth-map",
        authRealm: 'The "shop" - staff',
      },
    },
    { annotations: { "auth-type": "off" }, settings: { authType: "none" } },
  ])("$annotations", ({ annotations, settings }) => {
    for (const prefix of ["nginx.ingress.kubernetes.io/", "ingress.kubernetes.io/", "hawser.dev/"]) {
      const parsed = withAnnotations(annotations, prefix);
      expect(parsed.problems).toEqual([]);
      expect(valueOf(parsed)).toMatchObject({ closed: undefined, settings });
    }
  });

  it.each([
    { name: "digest", annotations: { ...BASIC, "auth-type": "digest" }, why: "digest" },
    { name: "another way", annotations: { ...BASIC, "auth-type": "kerberos" }, why: "no such way" },
    { name: "no Secret", annotations: { "auth-type": "basic" }, why: "no annotation auth-secret" },
    { name: "a Secret and no way", annotations: { "auth-secret": "users" }, why: "no auth-type: basic" },
    {
      name: "a Secret and none as way",
      annotations: { "auth-secret": "users", "auth-type": "none" },
      why: "no auth-type: basic",
    },
    {
      name: "a Secret of another namespace",
      annotations: { ...BASIC, "auth-secret": "kube-system/users" },
      why: "another namespace",
    },
    { name: "no name of a Secret", annotations: { ...BASIC, "auth-secret": "a/b/c" }, why: "not a name" },
    {
      name: "a name with a way out of a folder",
      annotations: { ...BASIC, "auth-secret": "../users" },
      why: "not a name",
    },
    {
      name: "another kind of Secret",
      annotations: { ...BASIC, "auth-secret-type": "auth-yaml" },
      why: "none of auth-file, auth-map",
    },
  ])("closes the paths of an Ingress with $name, and says why once", ({ annotations, why }) => {
    const parsed = withAnnotations(annotations);
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
    expect(parsed.problems[0]?.why).toContain(why);
  });

  it.each(["line\nbreak", "caf\u00e9", "x".repeat(257)])("asks with the usual realm in place of %j", (realm) => {
    const parsed = withAnnotations({ ...BASIC, "auth-realm": realm });
    expect(codes(parsed.problems)).toEqual(["ingress_setting_invalid"]);
    expect(valueOf(parsed)).toMatchObject({ closed: undefined, settings: { authSecret: "web/users" } });
    expect(valueOf(parsed).settings.authRealm).toBeUndefined();
  });

  it("closes the paths where a controller that took over the names asks for it", () => {
    const parsed = withAnnotations(BASIC, "haproxy-ingress.github.io/");
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_UNSUPPORTED", "INGRESS_RESTRICTION_UNSUPPORTED"]);
  });
});
