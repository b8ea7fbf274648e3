// Which addresses of a status are ours to keep, and what becomes of the others.
import { planAssignments } from "#src/assignment/plan.ts";
import type { Pool } from "#src/model/pool.ts";
import { describe, expect, it } from "vitest";
import { host, pool, service, type Short, snapshot, summary } from "./build.ts";

const lan = pool("lan", ["192.0.2.200-192.0.2.202"]);

/** The plan for one Service; `hosts`: which of them has an address. */
function planOf(
  short: Short,
  { pools = [lan], hosts = {} }: { pools?: Pool[]; hosts?: Readonly<Record<string, string>> } = {},
) {
  const hostAddresses = new Map(Object.entries(hosts).map(([text, owner]) => [text, host(text, owner)]));
  return planAssignments(snapshot(pools, [service("it", short)], { hostAddresses }));
}

describe("an address in a status", () => {
  it.each<{ name: string; has: string; owner: string; allocatedFrom?: string }>([
    { name: "a Node's own address", has: "192.0.2.11", owner: 'Node "n1"' },
    { name: "the address of a Node that joined later", has: "192.0.2.201", owner: 'Node "n9"', allocatedFrom: "lan" },
  ])("L1 that is $name is let go, with a reason, for one of the pool", ({ has, owner, allocatedFrom }) => {
    const plan = planOf({ has: [has], allocatedFrom }, { hosts: { [has]: owner } });
    expect(summary(plan)["it"]).toBe("assign 192.0.2.200 AddressAssigned");
    const [released] = plan.assignments.get("default/it")?.released ?? [];
    expect([released?.reason, released?.message]).toEqual([
      "AddressUnusable",
      `${has}: it is the address of ${owner}, and no Service can have it.`,
    ]);
  });

  it("L14 that Hawser assigned stays while another program has put it on a node's interface; no other Service gets it", () => {
    const hosts = new Map([
      ["192.0.2.201", { ...host("192.0.2.201"), reason: "MemberAddress", isPlaced: true } as const],
    ]);
    const services = [
      service("ours", { has: ["192.0.2.201"], allocatedFrom: "lan" }),
      service("foreign", { has: ["192.0.2.201"], createdMs: 1 }),
      service("asks", { requests: ["192.0.2.201"], createdMs: 2 }),
    ];
    expect(summary(planAssignments(snapshot([lan], services, { hostAddresses: hosts })))).toEqual({
      ours: "keep 192.0.2.201 AddressAssigned",
      foreign: "assign 192.0.2.200 AddressAssigned",
      asks: "pending RequestedAddressInUse",
    });
  });

  it.each([
    ["127.0.0.1", "loopback"],
    ["0.0.0.0", "unspecified"],
    ["169.254.169.254", "link-local"],
    ["224.0.0.251", "multicast"],
    ["255.255.255.255", "broadcast"],
  ])("L1 that is reserved, %s, is let go, even where Hawser assigned it (%s)", (has, use) => {
    const plan = planOf({ has: [has], allocatedFrom: "lan" });
    expect(summary(plan)["it"]).toBe("assign 192.0.2.200 AddressAssigned");
    expect(plan.assignments.get("default/it")?.released[0]?.message).toBe(
      `${has}: it is reserved (${use}), and no Service can have it.`,
    );
  });

  it("L1 that no Service can have is let go also where the pools have no other", () => {
    const hosts = { "192.0.2.11": 'Node "n1"' };
    expect(summary(planOf({ has: ["192.0.2.11"] }, { pools: [], hosts }))["it"]).toBe("release NoPoolConfigured");
  });

  it.each<{ name: string; short: Short; line: string }>([
    {
      name: "Hawser assigned from a pool that is gone",
      short: { has: ["203.0.113.77"], allocatedFrom: "gone" },
      line: "keep 203.0.113.77 AddressOrphaned",
    },
    {
      name: "a pool contains, without any mark",
      short: { has: ["192.0.2.201"] },
      line: "keep 192.0.2.201 AddressAssigned",
    },
    {
      name: "no pool contains, and nobody here assigned",
      short: { has: ["203.0.113.77"] },
      line: "assign 192.0.2.200 AddressAssigned",
    },
  ])("L2 that $name: $line", ({ short, line }) => expect(summary(planOf(short))["it"]).toBe(line));

  it("L2 of another provider stays where there is none to replace it, with one sentence that says what to do", () => {
    const taken = service("taken", { has: ["192.0.2.200"] });
    const full = pool("full", ["192.0.2.200/32"]);
    const left = service("it", { has: ["203.0.113.77", "127.0.0.1"] });
    const plan = planAssignments(snapshot([full], [taken, left]));
    expect(summary(plan)["it"]).toBe("assign 203.0.113.77 AddressNotOurs");
    const { message, pool: from } = plan.assignments.get("default/it") ?? {};
    expect([message, from]).toEqual([
      "203.0.113.77: no pool contains it, and Hawser did not assign it, so no speaker announces it. To have it served, " +
        "add it to a pool; to leave the Service to its other provider, give it a spec.loadBalancerClass. " +
        'No free IPv4 address: pool "full" has 1 of 1 addresses in use. ' +
        "Add a range, or delete a Service that no longer needs its address.",
      undefined,
    ]);
  });

  it("L2 keeps what pools it is from for as long as it has the address, so that a restart finds it ours", () => {
    expect(planOf({ has: ["203.0.113.77"], allocatedFrom: "gone" }).assignments.get("default/it")?.pool).toBe("gone");
  });
});

describe("a request", () => {
  it("L1 for a reserved address is refused, and says that no pool can help", () => {
    const plan = planOf({ requests: ["127.0.0.1"] }, { pools: [pool("odd", ["127.0.0.0/8"])] });
    expect(summary(plan)["it"]).toBe("pending RequestedAddressNotInPool");
    expect(plan.assignments.get("default/it")?.message).toBe(
      "Cannot assign the requested address 127.0.0.1: it is reserved (loopback), and no Service can have it. " +
        "Ask for another address.",
    );
  });
});

describe("a pool", () => {
  it("L10 with a default gateway in it is used without that, and says who has it", () => {
    const hosts = { "192.0.2.200": 'the default gateway of Node "n1"' };
    expect(summary(planOf({}, { hosts }))["it"]).toBe("assign 192.0.2.201 AddressAssigned");
    const asks = planOf({ requests: ["192.0.2.200"] }, { hosts });
    expect(asks.assignments.get("default/it")?.message).toBe(
      'The requested address 192.0.2.200 belongs to the default gateway of Node "n1", and no Service can have it. ' +
        "Ask for another address.",
    );
  });

  it.each([
    { range: "224.0.0.0/4", size: [] },
    { range: "126.255.255.255-128.0.0.0", size: [2n] },
    { range: "::/0", size: [2n ** 128n - 2n - 2n ** 118n - 2n ** 120n - 2n ** 32n] },
  ])("L1 of $range assigns nothing that is reserved", ({ range, size }) => {
    const families = range.includes(":") ? (["ipv6"] as const) : (["ipv4"] as const);
    const services = [0, 1, 2].map((number) => service(`s${number}`, { families }));
    const plan = planAssignments(snapshot([pool("p", [range])], services));
    expect(plan.pools.map((usage) => usage.size)).toEqual(size);
    expect(summary(plan)["s0"]).toBe(
      { "224.0.0.0/4": "pending FamilyUnavailable", "::/0": "assign ::2 AddressAssigned" }[range] ??
        "assign 126.255.255.255 AddressAssigned",
    );
  });
});
