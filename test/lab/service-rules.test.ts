import { describe, expect, it } from "vitest";
import { type ServiceForRules, serviceRules } from "#lab/rack/service-rules.ts";
import { runCommand } from "#lab/rack/run-command.ts";

const web: ServiceForRules = {
  key: "default/web",
  addresses: ["192.0.2.200", "2001:db8:0:1::200"],
  externalTrafficPolicy: "Cluster",
  ports: [
    {
      protocol: "TCP",
      port: 80,
      targets: [
        { address: "198.51.100.1", port: 8080, node: "n1" },
        { address: "198.51.100.65", port: 8080, node: "n2" },
        { address: "2001:db8:100:1::1", port: 8080, node: "n1" },
      ],
    },
    { protocol: "UDP", port: 53, targets: [{ address: "198.51.100.1", port: 5353, node: "n1" }] },
  ],
};
const local: ServiceForRules = { ...web, key: "shop/web", addresses: ["192.0.2.201"], externalTrafficPolicy: "Local" };
const sticky: ServiceForRules = { ...web, key: "a-b.c/web", addresses: ["192.0.2.202"], affinitySeconds: 60 };

describe("serviceRules()", () => {
  it.each([
    {
      name: "Cluster: any endpoint of the family, masqueraded",
      services: [web],
      node: "n1",
      dnat: 4,
      drops: 1,
      masked: 4,
    },
    {
      name: "Local with endpoints: its own, the client's address stays",
      services: [local],
      node: "n1",
      dnat: 2,
      drops: 0,
      masked: 0,
    },
    { name: "Local without endpoint: dropped", services: [local], node: "n3", dnat: 0, drops: 2, masked: 0 },
    { name: "nothing", services: [], node: "n1", dnat: 0, drops: 0, masked: 0 },
  ])("$name", ({ services, node, dnat, drops, masked }) => {
    const lines = serviceRules(services, node)
      .split("\n")
      .map((line) => line.trim());
    expect(lines.filter((line) => line.includes(" dnat "))).toHaveLength(dnat);
    expect(lines.filter((line) => line === "drop")).toHaveLength(drops);
    expect(lines.filter((line) => line.includes("meta mark set"))).toHaveLength(masked);
  });

  it("replaces what was there in the same transaction", () => {
    expect(serviceRules([web], "n1")).toMatch(
      /^add table inet services\ndelete table inet services\ntable inet services \{/,
    );
  });

  it("sends an IPv6 address to IPv6 endpoints only, in brackets", () => {
    const text = serviceRules([web], "n1");
    expect(text).toContain("meta l4proto tcp dnat ip6 to [2001:db8:100:1::1]:8080");
    expect(text).toContain("2001:db8:0:1::200 . tcp . 80 : goto svc_default_s_web_tcp_80_ip6");
  });

  it("gives two Services with similar names chains of their own", () => {
    const names = ["a-b/c", "a/b-c", "a.b/c", "a_b/c", "a/b_c"].map((key) => {
      const chain = /chain (svc_\S+)/.exec(serviceRules([{ ...web, key }], "n1"))?.[1];
      return chain;
    });
    expect(new Set(names).size).toBe(names.length);
  });

  describe.skipIf(process.env["HAWSER_RACK"] !== "1")("as the kernel's nft reads it", () => {
    it.each([
      { name: "Cluster, Local and affinity together", services: [web, local, sticky] },
      { name: "nothing", services: [] },
    ])("$name", async ({ services }) => {
      const result = await runCommand(["nft", "--check", "-f", "-"], serviceRules(services, "n1"));
      expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  });
});
