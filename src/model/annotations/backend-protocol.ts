import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { closingUnreadable } from "./closing-unreadable.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { PROXY_PROTOCOL } from "./proxy-protocol.ts";
import { trueFalse } from "./true-false.ts";

/** What endpoints speak; `client`: HTTPS for requests that came by HTTPS, else HTTP. `grpc` and `grpcs`: HTTP/2, without and with TLS. */
export type BackendProtocol = "http" | "https" | "client" | "grpc" | "grpcs";

const PROTOCOLS: ReadonlyMap<string, BackendProtocol> = new Map([
  ["http", "http"],
  ["http1", "http"],
  ["h1", "http"],
  ["https", "https"],
  ["auto_http", "client"],
  ["grpc", "grpc"],
  ["grpcs", "grpcs"],
]);

/** Protocols of ingress-nginx that Hawser does not speak to endpoints. */
const OTHERS: ReadonlyMap<string, string> = new Map([["fcgi", "Hawser does not speak FastCGI"]]);

const BACKEND_PROTOCOL: ServedAnnotation<BackendProtocol> = {
  names: ["backend-protocol"],
  doc: "The protocol that endpoints speak: `HTTP`, `HTTPS`, `AUTO_HTTP` (that of the client's request), or `GRPC` and `GRPCS`: HTTP/2 without and with TLS. `FCGI` and others close the paths. Left out: as `appProtocol` of the Service's port says: `https`, `kubernetes.io/h2c` or `grpc` (both: HTTP/2 without TLS), else HTTP",
  served: {
    prefixes: OWN_PREFIXES,
    parse: closingUnreadable<BackendProtocol>(
      (text) =>
        PROTOCOLS.get(text.toLowerCase()) ?? {
          why: OTHERS.get(text.toLowerCase()) ?? "there is no such protocol of endpoints",
        },
      "Write HTTP, HTTPS, AUTO_HTTP, GRPC or GRPCS if endpoints speak one of them, or serve the Ingress by another class",
    ),
  },
  risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
};

const SECURE_BACKENDS: ServedAnnotation<boolean> = {
  names: ["secure-backends"],
  doc: "The older form of `backend-protocol: HTTPS`, which counts where both are written",
  served: {
    prefixes: OWN_PREFIXES,
    parse: closingUnreadable<boolean>(
      (text) => trueFalse(text) ?? { why: "it is neither true nor false" },
      'Write "true" or "false"',
    ),
  },
  risks: [{ effect: "reaches-other", asks: ASKS.on }],
};

/** What endpoints speak, by the names that the values have in the program. */
export const ENDPOINT_PROTOCOL = {
  backendProtocol: BACKEND_PROTOCOL,
  secureBackends: SECURE_BACKENDS,
  proxyProtocol: PROXY_PROTOCOL,
} as const;
