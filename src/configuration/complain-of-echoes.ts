import { child, quote } from "#src/model/field.ts";
import { type BgpParts, complainOfMisfit } from "./bgp-parts.ts";

/** Warns of peers that a pool with IPv6 addresses is advertised to, and whose BFD profile echoes: only IPv4 has that. */
export function complainOfEchoes(parts: BgpParts): void {
  const { peers, profiles, keys } = parts;
  const reached = ipv6PoolsByPeer(parts);
  for (const { peer, field } of peers) {
    const pool = reached.get("") ?? reached.get(peer.name);
    const profile = profiles.get(peer.bfdProfile ?? "");
    if (pool === undefined || profile?.echoMode !== true) continue;
    complainOfMisfit(child(field, keys.bfdProfile), {
      what: `Cannot use the BFD profile ${quote(profile.name)} for this peer`,
      why: `it echoes, which only IPv4 has, and pool ${quote(pool)} has IPv6 addresses that are advertised to this peer`,
      fix: "Switch the echo mode off, or advertise the pool to other peers",
    });
  }
}

/** A pool with IPv6 addresses that is advertised to each peer, by its name; to all peers: by the empty name. */
function ipv6PoolsByPeer({ advertisements, rangesOf }: BgpParts): ReadonlyMap<string, string> {
  const withIpv6 = [...rangesOf].filter(([, ranges]) => ranges.some(({ family }) => family === "ipv6"));
  const ipv6Pools = new Set(withIpv6.map(([name]) => name));
  const pools = new Map<string, string>();
  for (const { rule } of advertisements) {
    const pool = rule.pools.find((name) => ipv6Pools.has(name));
    if (pool === undefined) continue;
    for (const name of rule.peers.length === 0 ? [""] : rule.peers) if (!pools.has(name)) pools.set(name, pool);
  }
  return pools;
}
