import { describe, expect, it } from "vitest";
import { mergeHosts } from "#src/routing/ingress/merge-host.ts";
import { claimedHosts } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";

describe("mergeHosts()", () => {
  it("looks at each rule and tls host of an Ingress a few times, not once for each of its hosts", () => {
    let looks = 0;
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}.example.org`);
    const counted = <T>(list: T[]): T[] =>
      new Proxy(list, {
        get(target, key, receiver) {
          if (typeof key === "string" && /^\d+$/.test(key)) looks += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
    const { rules } = ingressOf("i", Object.fromEntries(names.map((name) => [name, { "/": "s" }])));
    const tls = [{ hosts: counted([...names]), secretName: undefined }];
    const ingress = ingressOf("i", {}, { rules: counted([...rules]), tls });
    const claims = new Map([...claimedHosts(ingress)].map((host) => [host, [ingress]]));
    const merged = [...mergeHosts(claims.keys(), { claims })];
    expect(merged.filter(([, one]) => one?.hasTls === true && one.prefixes.length === 1)).toHaveLength(names.length);
    expect(looks).toBeLessThan(10 * names.length);
  });
});
