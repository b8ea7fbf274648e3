import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Fields } from "#src/model/record.ts";
import { isRecord } from "#src/model/record.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { codes, parsers } from "./build.ts";

/** A value with one part of it replaced; an undefined value removes it. */
function set(value: unknown, [key = "", ...rest]: readonly string[], part: unknown): unknown {
  const inner = isRecord(value) || Array.isArray(value) ? (value as Fields)[key] : undefined;
  const next = rest.length === 0 ? part : set(inner, rest, part);
  if (Array.isArray(value)) return value.with(Number(key), next);
  return { ...(value as Fields), [key]: next };
}

interface Mistake {
  readonly at: string;
  readonly value: unknown;
}

/** The codes of all Problems of an object with these mistakes, sorted. */
function found(good: unknown, mistakes: readonly Mistake[]): string[] {
  const bad = mistakes.reduce(
    (value, mistake) =>
      set(
        value,
        mistake.at.split("/").map((key) => key.replace("~", "/")),
        mistake.value,
      ),
    good,
  );
  const { objects, unusable, problems } = parseManifests(stringify(bad), "f.yaml");
  const inside = [...objects, ...unusable].flatMap((object) => parsers[object.kind]?.(object).problems ?? []);
  return codes([...problems, ...inside]).sort();
}

const pools = (change: (pool: Fields) => Fields, extra: Fields = {}) =>
  stringify({
    "address-pools": [
      { name: "one", protocol: "layer2", addresses: ["192.0.2.0/28"] },
      change({ name: "two", protocol: "layer2", addresses: ["192.0.2.64/28"] }),
    ],
    ...extra,
  });

/** Of each kind a good object, and mistakes in different parts of it. */
const kinds: readonly { readonly kind: string; readonly good: Fields; readonly mistakes: readonly Mistake[] }[] = [
  {
    kind: "Service",
    good: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop", labels: {}, annotations: {} },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }, { name: "b", port: 81 }], selector: {} },
      status: {},
    },
    mistakes: [
      { at: "apiVersion", value: "v2" },
      { at: "metadata/name", value: "Upper" },
      { at: "metadata/namespace", value: "a.b" },
      { at: "metadata/labels/a", value: 5 },
      { at: "metadata/annotations/a", value: { no: "text" } },
      { at: "spec/type", value: "Loadbalancer" },
      { at: "spec/externalTrafficPolicy", value: "local" },
      { at: "spec/ports/0/port", value: 0 },
      { at: "spec/ports/1/port", value: "81" },
      { at: "spec/ipFamilies", value: ["IPv4", "IPv4"] },
      { at: "spec/loadBalancerIP", value: "192.0.2" },
      { at: "status/loadBalancer", value: { ingress: [{ ip: "none" }] } },
    ],
  },
  {
    kind: "EndpointSlice",
    good: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ["192.0.2.1"] }],
    },
    mistakes: [
      { at: "metadata/labels", value: {} },
      { at: "addressType", value: undefined },
      { at: "ports/0/port", value: -1 },
      { at: "endpoints/0/addresses/0", value: "none" },
    ],
  },
  {
    kind: "ConfigMap",
    good: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "hawser", namespace: "hawser-system" },
      data: { config: pools((pool) => pool) },
    },
    mistakes: [
      { at: "metadata/annotations", value: "none" },
      {
        at: "data/config",
        value: pools(({ name: _name, ...pool }) => ({
          ...pool,
          protocol: "arp",
          addreses: [],
          addresses: ["192.0.2.5/32"],
        })),
      },
    ],
  },
  {
    kind: "Deployment",
    good: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: { replicas: 1, template: { metadata: { labels: {} }, spec: { containers: [{ name: "a", image: "a" }] } } },
    },
    mistakes: [
      { at: "spec/replicas", value: -1 },
      { at: "spec/template/metadata/labels/a", value: 5 },
      { at: "spec/template/spec/containers/0/ports", value: [{ containerPort: 0 }] },
    ],
  },
  {
    kind: "Ingress",
    good: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "shop", annotations: {} },
      spec: {
        defaultBackend: { service: { name: "web", port: { number: 80 } } },
        rules: [
          {
            host: "a.test",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
            },
          },
          {
            host: "b.test",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
            },
          },
        ],
        tls: [{ hosts: ["a.test"], secretName: "cert" }],
      },
    },
    mistakes: [
      { at: "metadata/annotations/nginx.ingress.kubernetes.io~auth-url", value: "ftp://auth.test" },
      { at: "metadata/annotations/nginx.ingress.kubernetes.io~rewrite-target", value: "no path" },
      { at: "metadata/annotations/nginx.ingress.kubernetes.io~ssl-redirect", value: "maybe" },
      { at: "spec/defaultBackend/service/name", value: "a/b" },
      { at: "spec/defaultBackend/service/port", value: {} },
      { at: "spec/rules/0/host", value: "192.0.2.1" },
      { at: "spec/rules/0/http/paths/0/pathType", value: "prefix" },
      { at: "spec/rules/1/http/paths/0/path", value: "a" },
      { at: "spec/rules/1/http/paths/0/backend/service/port/number", value: 0 },
      { at: "spec/tls/0/secretName", value: "a/b" },
      { at: "spec/ingressClassName", value: 5 },
    ],
  },
  {
    kind: "IngressClass",
    good: {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "a", labels: {} },
      spec: { controller: "x" },
    },
    mistakes: [
      { at: "metadata/labels/a", value: 5 },
      { at: "spec/controller", value: 5 },
    ],
  },
  {
    kind: "Secret",
    good: {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cert" },
      type: "kubernetes.io/tls",
      stringData: {
        "tls.crt": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
        "tls.key": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
      },
    },
    mistakes: [
      { at: "stringData/tls.crt", value: "none" },
      { at: "stringData/tls.key", value: "none" },
    ],
  },
];

describe("O8 one mistake does not hide the others of an object", () => {
  describe.each(kinds)("$kind", ({ good, mistakes }) => {
    it("is well without a mistake", () => {
      expect(found(good, [])).toEqual([]);
    });

    it.each(mistakes)("is not well with another $at", (mistake) => {
      expect(found(good, [mistake])).not.toEqual([]);
    });

    it("with all of them has the Problems of each", () => {
      expect(found(good, mistakes)).toEqual(mistakes.flatMap((mistake) => found(good, [mistake])).sort());
    });
  });

  it("of one pool all are reported", () => {
    const text = pools(({ name: _name, ...pool }) => ({
      ...pool,
      protocol: "arp",
      adresses: [],
      addresses: ["192.0.2.5/32", "x"],
    }));
    const config = { ...kinds[2]?.good, data: { config: text } };
    expect(found(config, [])).toEqual([
      "CONFIG_UNKNOWN_KEY",
      "POOL_NAME_INVALID",
      "POOL_PROTOCOL_UNKNOWN",
      "POOL_RANGES_OVERLAP",
      "POOL_RANGE_UNREADABLE",
    ]);
  });

  it("of the YAML all are reported, and what is in the object besides", () => {
    const text = [
      "apiVersion: v1",
      "kind: Service",
      "metadata: { name: web, name: shop }",
      "spec: { type: ClusterIP, type: NodePort, ports: [{ port: 0 }] }",
    ].join("\n");
    const { unusable, problems, objects } = parseManifests(text, "f.yaml");
    expect(objects).toEqual([]);
    expect(codes(problems)).toEqual(["MANIFEST_DUPLICATE_KEY", "MANIFEST_DUPLICATE_KEY"]);
    expect(unusable.flatMap((object) => codes(parsers.Service?.(object).problems ?? []))).toEqual(["FIELD_INVALID"]);
  });
});
