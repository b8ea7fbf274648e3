import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { rangesOverlap } from "#src/ip/range.ts";
import { findProblems } from "#src/check/find-problems.ts";
import type { Kind } from "#src/model/kind.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { keyOf, parseObject } from "#src/model/object.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { printProblem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { configMap, parsers } from "./build.ts";

/** Keys and words that the parsers look for, so that arbitrary values go deep. */
const words = fc.constantFrom(
  ..."name namespace labels annotations spec status type ports port protocol rules host http paths path pathType backend service number tls hosts secretName data stringData config address-pools addresses layer2 LoadBalancer Prefix 10.0.0.0/24 10.0.0.1 IPv4 ipFamilies loadBalancer ingress ip tls.crt endpoints addressType conditions __proto__ constructor toString".split(
    " ",
  ),
);
const anything = fc.anything({
  key: fc.oneof(words, fc.string()),
  values: [fc.jsonValue(), words, fc.anything()],
  withBigInt: true,
  withNullPrototype: true,
  maxDepth: 5,
});

/** An object of a kind, with a good identity and anything else. */
function ofKind(kind: string, apiVersion: string) {
  const metadata = { name: "a", labels: { "kubernetes.io/service-name": "a" } };
  return fc
    .record({ spec: anything, status: anything, data: anything, stringData: anything, endpoints: anything })
    .map((fields) => ({ ...fields, kind, apiVersion, metadata, addressType: "IPv4" }));
}

const versions: Readonly<Partial<Record<Kind, string>>> = {
  ConfigMap: "v1",
  Service: "v1",
  EndpointSlice: "discovery.k8s.io/v1",
  Ingress: "networking.k8s.io/v1",
  IngressClass: "networking.k8s.io/v1",
  Node: "v1",
  Secret: "v1",
  Deployment: "apps/v1",
};

describe("parsers never throw, and say why where they fail", () => {
  it("parseObject()", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const parsed = parseObject(value, { kind: "file", file: "test" });
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each(Object.entries(versions))("%s", (kind, version) => {
    fc.assert(
      fc.property(ofKind(kind, version), (value) => {
        const parsed = parseObject(value, { kind: "file", file: "test" });
        if (!parsed.ok) throw new Error(parsed.problems.map(printProblem).join("\n"));
        const result = parsers[kind as Kind]?.(parsed.value);
        expect(result?.ok === true || (result?.problems.length ?? 0) > 0).toBe(true);
        for (const problem of result?.problems ?? []) expect(printProblem(problem).length).toBeLessThan(2_000);
      }),
      { numRuns: 200 },
    );
  });

  it("parseManifests() of any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => void parseManifests(text, "f")));
    const yamlish = fc.array(
      fc.constantFrom(
        "---",
        "\n",
        "kind: ",
        "Service",
        "- ",
        "  ",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "*a",
        "&a ",
        ": ",
        "|",
        ">",
        "#",
        "?",
        "!",
        "%",
        "\t",
        "<<: ",
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(yamlish, (parts) => void parseManifests(parts.join(""), "f")),
      { numRuns: 1_000 },
    );
  });

  it("fromConfigMap() of any value in YAML", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = fromConfigMap(
          configMap(
            stringify({ "address-pools": value, peers: value, "bfd-profiles": value, "bgp-communities": value }),
          ),
        );
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
    );
  });

  it("findProblems() of whatever could be read", () => {
    const objects = fc.array(fc.oneof(...Object.entries(versions).map(([kind, version]) => ofKind(kind, version))));
    fc.assert(
      fc.property(objects, (values) => {
        const parsed = values.flatMap((value) => {
          const one = parseObject(value, { kind: "file", file: "test" });
          return one.ok ? [one.value] : [];
        });
        const byName = new Map(parsed.map((one) => [`${one.kind} ${keyOf(one.metadata)}`, one]));
        findProblems({ objects: [...byName.values()], nowMs: 0 });
      }),
    );
  });
});

it("a document that is cut off anywhere does no harm to the one after it", () => {
  const first =
    "apiVersion: v1\nkind: Service\nmetadata: {name: 'one', labels: {a: \"b\"}}\nspec:\n  ports: [{port: 80}]\n";
  const second = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: two}\n";
  for (let length = 0; length <= first.length; length++) {
    const names = parseManifests(first.slice(0, length) + second, "f").objects.map(({ metadata }) => metadata.name);
    expect(names.at(-1)).toBe("two");
  }
});

it("an accepted configuration has no two ranges that overlap, within and across pools", () => {
  const address = fc.integer({ min: 0, max: 40 }).map((last) => `10.0.0.${last}`);
  const range = fc.tuple(address, address).map(([first, last]) => `${first}-${last}`);
  const pools = fc.array(fc.array(range, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
  let accepted = 0;
  fc.assert(
    fc.property(pools, (lists) => {
      const written = lists.map((addresses, index) => ({ name: `p${index}`, protocol: "layer2", addresses }));
      const parsed = fromConfigMap(configMap(stringify({ "address-pools": written })));
      if (!parsed.ok) return;
      accepted++;
      const ranges = parsed.value.pools.flatMap((pool) => pool.ranges);
      for (const [index, one] of ranges.entries())
        for (const other of ranges.slice(index + 1)) expect(rangesOverlap(one, other)).toBe(false);
      expect(ranges.every(({ first, last }) => first <= last)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

it("a Service keeps the addresses in its status, whatever it requests", () => {
  const annotations = fc.dictionary(
    fc.constantFrom("hawser.dev/load-balancer-ips", "metallb.io/loadBalancerIPs", "hawser.dev/address-pool"),
    fc.oneof(fc.string(), fc.constantFrom("10.0.0.1", "fd00::1,10.0.0.2", "10.0.0.1,10.0.0.2")),
  );
  fc.assert(
    fc.property(annotations, fc.jsonValue(), (given, loadBalancerIP) => {
      const parsed = parseObject(
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "a", annotations: given },
          spec: { type: "LoadBalancer", ports: [{ port: 80 }], loadBalancerIP },
          status: { loadBalancer: { ingress: [{ ip: "10.0.0.9" }] } },
        },
        { kind: "file", file: "test" },
      );
      const service = parsed.ok ? parseService(parsed.value) : parsed;
      expect(service).toMatchObject({ ok: true, value: { assignedAddresses: [{ value: 0x0a_00_00_09n }] } });
    }),
  );
});
