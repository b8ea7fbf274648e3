import { describe, expect, it } from "vitest";
import { findingsIn, found, loadBalancer, node, pools } from "./found.ts";
import { printPlace } from "#src/model/problem-place.ts";

const small = pools(
  "name: small, addresses: [192.0.2.1-192.0.2.2]",
  "name: closed, auto-assign: false, addresses: [192.0.2.32/28]",
);

describe("O6 what the controller would leave pending is an error", () => {
  it("nothing where all get an address", () => {
    expect(found(small, loadBalancer("a"), loadBalancer("b"))).toEqual([]);
  });

  it("nothing where the pools are elsewhere", () => {
    expect(found(loadBalancer("a"), loadBalancer("b"), loadBalancer("c"))).toEqual([]);
  });

  it.each([
    {
      name: "a pool is exhausted: the last by age and name",
      documents: [loadBalancer("a"), loadBalancer("b"), loadBalancer("c")],
      is: ["error SERVICE_PENDING f.yaml:28"],
      says: "PoolExhausted",
    },
    {
      name: "the requested pool does not exist: at the annotation",
      documents: [
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations:\n    hawser.dev/address-pool: smal\nspec: { type: LoadBalancer, ports: [{ port: 80 }] }",
      ],
      is: ["error SERVICE_PENDING f.yaml:15"],
      says: "RequestedPoolUnknown",
    },
    {
      name: "the requested address is in no pool: at the field",
      documents: [loadBalancer("a", { extra: ["loadBalancerIP: 198.51.100.1"] })],
      is: ["error SERVICE_PENDING f.yaml:16"],
      says: "RequestedAddressNotInPool",
    },
    {
      name: "the requested address is another Service's",
      documents: [
        loadBalancer("a", { extra: ["loadBalancerIP: 192.0.2.1"] }),
        loadBalancer("b", { extra: ["loadBalancerIP: 192.0.2.1"] }),
      ],
      is: ["error SERVICE_PENDING f.yaml:24"],
      says: "RequestedAddressInUse",
    },
    {
      name: "no pool has the family",
      documents: [loadBalancer("a", { extra: ["ipFamilies: [IPv6]"] })],
      is: ["error SERVICE_PENDING f.yaml:16"],
      says: "FamilyUnavailable",
    },
    {
      name: "one family of two is there: a warning",
      documents: [loadBalancer("a", { extra: ["ipFamilyPolicy: PreferDualStack"] })],
      is: ["warning SERVICE_PENDING f.yaml:16"],
      says: "an address of each family (FamilyUnavailable)",
    },
  ])("$name", ({ documents, is, says }) => {
    const findings = findingsIn([small, ...documents]);
    expect(findings.map(({ severity, code, file }) => `${severity} ${code} ${file}`)).toEqual(is);
    expect(findings[0]?.what).toContain(says);
    expect(findings[0]?.fix).not.toBe("");
  });

  it("nothing of the Services of another class, and with the option of those alone", () => {
    const other = loadBalancer("a", { extra: ["loadBalancerClass: example.com/x", "loadBalancerIP: 203.0.113.9"] });
    expect(found(small, other)).toEqual([]);
    expect(findingsIn([small, other], { loadBalancerClass: "example.com/x" }).map(({ code }) => code)).toEqual([
      "SERVICE_PENDING",
    ]);
  });

  it("L1 L2 addresses in a status that are a Node's, or another provider's", () => {
    const findings = findingsIn([
      pools("name: p, addresses: [192.0.2.200-192.0.2.220]"),
      node("n1", { address: "192.0.2.11" }),
      loadBalancer("web", { status: "{ ip: 192.0.2.11 }" }),
      loadBalancer("cloud", { status: "{ ip: 203.0.113.77 }" }),
    ]);
    expect(findings.map(({ severity, code, at }) => `${severity} ${code} ${printPlace(at)}`)).toEqual([
      'warning SERVICE_ADDRESS_LOST Service "default/cloud" status.loadBalancer.ingress',
      'warning SERVICE_ADDRESS_LOST Service "default/web" status.loadBalancer.ingress',
    ]);
  });
});
