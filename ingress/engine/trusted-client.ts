import { withoutMapping } from "#ingress/io/without-mapping.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { portTextOf } from "#src/model/port-text-of.ts";
import { hostOf } from "#src/routing/host.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestClient } from "./filtered-request.ts";
import type { RequestHead } from "./request-head.ts";

/** Whom requests are said to be from by proxies in front. */
export interface TrustedProxies {
  /** Whether an address is that of a proxy whose word counts. */
  trusts(address: string): boolean;
  /** X-Forwarded-For goes to endpoints as the way that the request took, and not as the client alone. */
  readonly passesChain: boolean;
}

/** What one proxy, or several, have said of a request. */
interface Said {
  /** The addresses before the nearest proxy's own, the client's first. */
  readonly chain: readonly string[];
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
}

/** No chain is longer: each proxy adds one address. */
const MAX_CHAIN = 64;
const MAX_PORT = 65_535;

/**
 * Whom a request is from that came by a trusted proxy: from right to left, the first address that is not a trusted proxy's own, as far as
 * they can be read. The scheme, the host and the port are those that the nearest proxy says. X-Forwarded-* count, and where there are none `Forwarded` (RFC 7239).
 */
export function trustedClient(
  connection: RequestClient,
  { bytes, head }: { readonly bytes: Buffer; readonly head: RequestHead },
  proxies: TrustedProxies,
): RequestClient {
  const { chain, scheme, host, port } = said(bytes, head);
  let client = connection.remoteAddress;
  const way = [client];
  for (const text of chain.toReversed().slice(0, MAX_CHAIN)) {
    if (!proxies.trusts(client)) break;
    const address = addressOf(text);
    if (address === undefined) break;
    client = address;
    way.unshift(client);
  }
  const isSecure = scheme === undefined ? connection.isSecure : scheme === "https";
  const askedPort = port !== undefined && /^[1-9]\d{0,4}$/.test(port) ? Number(port) : connection.askedPort;
  return {
    remoteAddress: client,
    isSecure,
    askedPort: askedPort !== undefined && askedPort <= MAX_PORT ? askedPort : undefined,
    identityFor: connection.identityFor && ((name) => connection.identityFor?.(name)),
    forwardedHost: host !== undefined && isHostOfUrls(host) ? host : undefined,
    forwardedFor: proxies.passesChain ? way.join(", ") : undefined,
  };
}

function said(bytes: Buffer, head: RequestHead): Said {
  const last = (name: string) => listOf(fieldValues(bytes, head, name)).at(-1);
  const chain = listOf(fieldValues(bytes, head, "x-forwarded-for"));
  const scheme = last("x-forwarded-proto")?.toLowerCase();
  const [host, port] = [last("x-forwarded-host"), last("x-forwarded-port")];
  if (chain.length > 0 || (scheme ?? host ?? port) !== undefined)
    return { chain, scheme: schemeOf(scheme), host, port };
  const elements = listOf(fieldValues(bytes, head, "forwarded")).map(pairsOf);
  const nearest = elements.at(-1);
  return {
    chain: elements.map((pairs) => pairs.get("for") ?? ""),
    scheme: schemeOf(nearest?.get("proto")?.toLowerCase()),
    host: nearest?.get("host"),
    port: undefined,
  };
}

/** Whether a URL can begin with it: a host, and a port that there can be or none. */
function isHostOfUrls(text: string): boolean {
  return hostOf(text) !== undefined && Number(portTextOf(text)) <= MAX_PORT;
}

function schemeOf(text: string | undefined): string | undefined {
  return text === "http" || text === "https" ? text : undefined;
}

/** The members of lists in fields, in order; a comma in quotes divides as any other, as no address has one. */
function listOf(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(",")).map((one) => one.trim());
}

/** `for="[2001:db8::1]:80";proto=https`: the pairs by their names in small letters. */
function pairsOf(element: string): ReadonlyMap<string, string> {
  return new Map(
    element.split(";").map((pair) => {
      const at = pair.indexOf("=");
      const value = pair.slice(at + 1).trim();
      return [pair.slice(0, Math.max(0, at)).trim().toLowerCase(), value.replace(/^"(.*)"$/, "$1")] as const;
    }),
  );
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; undefined for anything else, such as `unknown`. */
function addressOf(text: string): string | undefined {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, beforePort] = /^([^:]*):\d{1,5}$/.exec(text) ?? [];
  const ip = parseIp(withoutMapping(inBrackets ?? beforePort ?? text));
  return ip && printIp(ip);
}
