import { parseIp } from "#src/ip/address.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import { parseNetwork } from "#src/model/annotations/parse-networks.ts";
import { networkSet, networkSetHas } from "#src/model/network-set.ts";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { TrustedProxies } from "./engine/trusted-client.ts";
import type { ProxyPrefaceOptions } from "./io/proxy-preface.ts";

/** The options about proxies in front of the ingress. */
export const proxyOptions = {
  trustedProxies: {
    kind: "list",
    placeholder: "CIDR",
    help: "Networks of the proxies in front of the ingress whose word about clients counts, for the two options below",
  },
  useProxyProtocol: {
    kind: "boolean",
    default: false,
    help: "Connections from --trusted-proxies begin with a header of the PROXY protocol, version 1 or 2, which says whose they are; one without it is closed",
  },
  proxyProtocolTimeout: {
    kind: "number",
    min: 1,
    max: 3_600,
    default: 5,
    help: "Seconds that such a header may take",
  },
  useForwardedHeaders: {
    kind: "boolean",
    default: false,
    help: "Take address, scheme, host and port of clients from X-Forwarded-* or Forwarded of requests from --trusted-proxies, address by address from right to left",
  },
  computeFullForwardedFor: {
    kind: "boolean",
    default: false,
    help: "Send all addresses of the way that such a request took to endpoints in X-Forwarded-For (default: the address of the client alone)",
  },
} as const satisfies OptionSpecs;

/** Which proxies are in front of the ingress, and how they say whose requests are. */
export interface ProxySettings {
  /** undefined: connections begin with no header. */
  readonly preface: ProxyPrefaceOptions | undefined;
  /** undefined: requests are from the other end of their connection. */
  readonly forwarded: TrustedProxies | undefined;
}

/** Reads the options; where no network is trusted nothing is taken from a proxy, and a Problem says so. */
export function readProxySettings(options: OptionValues<typeof proxyOptions>): Parsed<ProxySettings> {
  const { trustedProxies: texts, useProxyProtocol, useForwardedHeaders, computeFullForwardedFor } = options;
  const problems: Problem[] = [];
  const networks = texts.flatMap((text) => {
    const network = parseNetwork(text);
    if (network === undefined)
      problems.push(
        optionInvalid(["--trusted-proxies"], {
          what: `Cannot read "${text}"`,
          why: "it is neither a network nor an address",
          fix: "Write networks such as 192.0.2.0/24 or 2001:db8::/64",
        }),
      );
    return network ?? [];
  });
  if (problems.length > 0) return { ok: false, problems };
  if (networks.length === 0) {
    const missing = useProxyProtocol || useForwardedHeaders ? [listMissing(useProxyProtocol)] : [];
    return { ok: true, value: { preface: undefined, forwarded: undefined }, problems: missing };
  }
  const trusts = trustIn(networks);
  const timeoutMs = options.proxyProtocolTimeout * 1_000;
  return {
    ok: true,
    value: {
      preface: useProxyProtocol ? { trusts, timeoutMs } : undefined,
      forwarded: useForwardedHeaders ? { trusts, passesChain: computeFullForwardedFor } : undefined,
    },
    problems,
  };
}

function listMissing(usesProxyProtocol: boolean): Problem {
  return {
    code: "OPTION_MISSING",
    at: { kind: "option", names: ["--trusted-proxies"] },
    what: "Took the other end of each connection for the client",
    why: `${usesProxyProtocol ? "--use-proxy-protocol" : "--use-forwarded-headers"} lets a proxy say whose requests are, and any client could say so`,
    fix: "Give --trusted-proxies with the networks of the load balancer in front of the ingress",
    severity: "warning",
  };
}

/** Addresses that were looked up lately: the same few proxies come again and again. */
const MAX_KNOWN = 1_024;

/** Whether an address is in one of these networks. */
function trustIn(networks: readonly Cidr[]): (address: string) => boolean {
  const set = networkSet(networks);
  const known = new Map<string, boolean>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined) return before;
    const ip = parseIp(address);
    const isTrusted = ip !== undefined && networkSetHas(set, ip);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(address, isTrusted);
    return isTrusted;
  };
}
