import { bitsOf, type Ip, printIp } from "#src/ip/address.ts";
import { type Cidr, parseCidr, printCidr } from "#src/ip/cidr.ts";
import { rangeOf } from "#src/ip/range.ts";
import type { MemberRecord } from "./member-record.ts";
import { findRange, type LineOfRange, type Pool, whyClosed } from "./pool.ts";
import { CONFIG_MAP_KEY } from "./config-map-key.ts";
import type { Problem } from "./problem.ts";
import { poolPlace } from "./pool-place.ts";

/** An address that a network keeps for itself, and what that means. */
interface ReservedAddress {
  readonly ip: Ip;
  readonly why: string;
}

/** What the networks of the nodes keep for themselves, by canonical text: no Service is given it. */
export type NetworkAddresses = ReadonlyMap<string, Ip>;

/** The addresses that the networks of these members keep for themselves. */
export function networkAddressesOf(memberRecords: readonly MemberRecord[]): NetworkAddresses {
  const reserved = networksOf(memberRecords).flatMap(reservedIn);
  return new Map(reserved.map(({ ip }) => [printIp(ip), ip]));
}

/**
 * The addresses of pools that the networks of the nodes keep for themselves, as warnings: each is skipped, and a Service
 * that has one keeps it, though few clients reach it there, or none.
 */
export function findNetworkAddresses(
  pools: readonly Pool[],
  memberRecords: readonly MemberRecord[],
  configMap = CONFIG_MAP_KEY,
  lineOf: LineOfRange = () => undefined,
): readonly Problem[] {
  return networksOf(memberRecords)
    .flatMap(reservedIn)
    .flatMap(({ ip, why }) => {
      const found = findRange(pools, ip);
      if (found === undefined || whyClosed(found.pool, ip) !== undefined) return [];
      const { pool, range } = found;
      const line = lineOf(pool, range);
      return {
        code: "POOL_HAS_NETWORK_ADDRESS",
        at: poolPlace(pool, configMap),
        what: `Never assigns ${printIp(ip)}`,
        why,
        fix: "Take it out of the pool",
        severity: "warning",
        ...(line === undefined ? {} : { line }),
      };
    });
}

/** The networks that the speakers' interfaces are in, each once. */
function networksOf(memberRecords: readonly MemberRecord[]): readonly Cidr[] {
  const texts = memberRecords.flatMap(({ interfaces }) => interfaces.flatMap(({ subnets }) => subnets));
  return [...new Set(texts)].sort().flatMap((text) => parseCidr(text) ?? []);
}

/**
 * Of an IPv4 network the first address and the broadcast address (RFC 1122 section 3.2.1.3; networks of /31 have none:
 * RFC 3021), of an IPv6 network the subnet-router anycast address (RFC 4291 section 2.6.1; not of /127: RFC 6164).
 */
function reservedIn(network: Cidr): readonly ReservedAddress[] {
  const { family, base, prefixLength } = network;
  const hostBits = bitsOf(family) - prefixLength;
  // An interface that serves every address is in no network that has a name.
  if (hostBits < 2 || prefixLength === 0) return [];
  const text = `${printCidr(network)}, which nodes are in`;
  const first: Ip = { family, value: base };
  if (family === "ipv6")
    return [{ ip: first, why: `it is the subnet-router anycast address of ${text}: routers answer for it` }];
  const last: Ip = { family, value: rangeOf(network).last };
  return [
    { ip: first, why: `it is the first address of ${text}: many clients there do not connect to it` },
    { ip: last, why: `it is the broadcast address of ${text}: no client there connects to it` },
  ];
}
