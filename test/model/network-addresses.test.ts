import { describe, expect, it } from "vitest";
import { parseRange } from "#src/ip/range.ts";
import { type MemberRecord, readMemberRecord } from "#src/model/member-record.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import { printPlace } from "#src/model/problem-place.ts";

/** A pool; its addresses as in a configuration. */
function pool(name: string, addresses: string, avoidBuggyIps = false): Pool {
  const ranges = addresses.split(" ").map((text) => {
    const parsed = parseRange(text);
    if (!parsed.ok) throw new Error(`no range ${text}`);
    return parsed.range;
  });
  return { ...PLAIN_POOL, name, ranges, avoidBuggyIps };
}

/** The speaker of a node with an interface in each of these networks. */
function recordOf(node: string, ...subnets: readonly string[]): MemberRecord {
  const interfaces = subnets.map((subnet, index) => ({ name: `eth${index}`, mac: "", subnets: [subnet] }));
  const read = readMemberRecord({ node, addresses: ["192.0.2.10"], interfaces });
  if (read === undefined) throw new Error("no member record");
  return read;
}

interface Row {
  readonly name: string;
  readonly pool: string;
  readonly avoids?: boolean;
  readonly networks: readonly string[];
  /** The addresses that are warned of. */
  readonly of: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: "both of a network that is a pool",
    pool: "192.0.2.0/24",
    networks: ["192.0.2.0/24"],
    of: ["192.0.2.0", "192.0.2.255"],
  },
  {
    name: "those in the middle of a pool",
    pool: "192.0.2.0/24",
    networks: ["192.0.2.0/25", "192.0.2.128/25"],
    of: ["192.0.2.0", "192.0.2.127", "192.0.2.128", "192.0.2.255"],
  },
  { name: "the one that a pool has", pool: "192.0.2.200-192.0.2.255", networks: ["192.0.2.0/24"], of: ["192.0.2.255"] },
  { name: "none that a pool lacks", pool: "192.0.2.1-192.0.2.254", networks: ["192.0.2.0/24"], of: [] },
  { name: "none of a network elsewhere", pool: "192.0.2.0/24", networks: ["198.51.100.0/24"], of: [] },
  { name: "none that a pool avoids", pool: "192.0.2.0/24", avoids: true, networks: ["192.0.2.0/24"], of: [] },
  {
    name: "those that a pool does not avoid though it avoids some",
    pool: "192.0.2.0/24",
    avoids: true,
    networks: ["192.0.2.0/25"],
    of: ["192.0.2.127"],
  },
  { name: "both of a /30", pool: "192.0.2.0/29", networks: ["192.0.2.4/30"], of: ["192.0.2.4", "192.0.2.7"] },
  { name: "none of a /31 and of a /32", pool: "192.0.2.0/24", networks: ["192.0.2.4/31", "192.0.2.9/32"], of: [] },
  { name: "the first of an IPv6 network", pool: "2001:db8::/64", networks: ["2001:db8::/64"], of: ["2001:db8::"] },
  {
    name: "none of a /127 and of a /128",
    pool: "2001:db8::/64",
    networks: ["2001:db8::/127", "2001:db8::9/128"],
    of: [],
  },
  { name: "none where interfaces serve all addresses", pool: "0.0.0.0/1", networks: ["0.0.0.0/0", "::/0"], of: [] },
  { name: "none of what is no network", pool: "192.0.2.0/24", networks: ["192.0.2.0", "", "a/24"], of: [] },
];

describe("findNetworkAddresses()", () => {
  it.each(rows)("warns of $name", ({ pool: addresses, avoids = false, networks, of }) => {
    // Two speakers in the same networks: each address is told once.
    const memberRecords = [recordOf("n1", ...networks), recordOf("n2", ...networks)];
    const found = findNetworkAddresses([pool("p", addresses, avoids)], memberRecords);
    expect(found.map(({ code, severity }) => [code, severity])).toEqual(
      of.map(() => ["POOL_HAS_NETWORK_ADDRESS", "warning"]),
    );
    expect(found.map(({ what }) => what).sort()).toEqual(of.map((ip) => `Never assigns ${ip}`));
  });

  it("names the pool, the network, the kind of address and the way out", () => {
    const pools = [pool("far", "198.51.100.0/28"), pool("near", "192.0.2.0/25 2001:db8::-2001:db8::f")];
    const found = findNetworkAddresses(pools, [recordOf("n1", "192.0.2.0/25", "2001:db8::/64")]);
    expect(new Set(found.map(({ at }) => printPlace(at)))).toEqual(
      new Set(['ConfigMap "hawser-system/hawser" pool "near"']),
    );
    expect(found.map(({ why, fix }) => `${why}. ${fix}`)).toEqual([
      "it is the first address of 192.0.2.0/25, which nodes are in: many clients there do not connect to it. Take it out of the pool",
      "it is the broadcast address of 192.0.2.0/25, which nodes are in: no client there connects to it. Take it out of the pool",
      "it is the subnet-router anycast address of 2001:db8::/64, which nodes are in: routers answer for it. Take it out of the pool",
    ]);
  });
});
