import { describe, expect, it } from "vitest";
import { forbiddenAddressProblems } from "#speaker/forbidden-address-problems.ts";
import { parseIp } from "#src/ip/address.ts";

describe("forbiddenAddressProblems()", () => {
  it("L1 names each address, its Services and whose it is, and counts what it does not name", () => {
    const use = (index: number) => ({
      ip: parseIp(`10.0.${index >> 8}.${index & 255}`) ?? expect.fail(),
      services: ["shop/a", "shop/b"],
      forbidden: { reason: "NodeAddress", use: 'the address of Node "n1"' } as const,
    });
    const problems = forbiddenAddressProblems(Array.from({ length: 300 }, (_, index) => use(index)));
    expect(problems).toHaveLength(65);
    expect(problems[0]).toMatchObject({
      at: { kind: "statuses", services: ["shop/a", "shop/b"] },
      what: "Does not announce 10.0.0.0",
      why: 'it is the address of Node "n1"',
    });
    expect(problems[64]?.what).toBe("Does not announce 236 more addresses");
    expect(forbiddenAddressProblems([use(1)])).toHaveLength(1);
  });
});
