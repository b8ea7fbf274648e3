import type { ServedAnnotation } from "./annotation-record.ts";
import { closingUnreadable } from "./closing-unreadable.ts";
import { INSTEAD } from "./instead.ts";
import { PREFIXES } from "./prefixes.ts";

/** Versions of the PROXY protocol. */
export type ProxyVersion = 1 | 2;

const VERSIONS: ReadonlyMap<string, ProxyVersion> = new Map([
  ["v1", 1],
  ["v2", 2],
]);

/** Endpoints that expect a header read nothing else, and others take it for a request that they cannot read: so what cannot be read closes. */
export const PROXY_PROTOCOL: ServedAnnotation<ProxyVersion> = {
  names: ["proxy-protocol"],
  doc: "Connections to endpoints begin with a header of the PROXY protocol, `v1` or `v2`, which says the address of the client; each of them serves one connection of a client alone",
  served: {
    prefixes: [PREFIXES.ours],
    parse: closingUnreadable<ProxyVersion>(
      (text) => VERSIONS.get(text.toLowerCase()) ?? { why: "there is no such version of the PROXY protocol" },
      "Write v1 or v2 as the endpoints expect it, or remove the annotation if they expect no header",
    ),
  },
  // HAProxy Ingress has an annotation of this name, whose values mean more than these.
  risks: [{ effect: "reaches-other", asks: (value) => value !== "no" }],
  instead: INSTEAD.proxyProtocol,
};
