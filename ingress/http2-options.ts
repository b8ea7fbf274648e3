import type { OptionSpecs } from "#src/process/option-spec.ts";

/** The options about HTTP/2 to clients. */
export const http2Options = {
  http2: {
    kind: "boolean",
    default: true,
    help: "Offer HTTP/2 to clients of the port for HTTPS, which choose by ALPN",
  },
  http2Cleartext: {
    kind: "boolean",
    default: false,
    help: "Serve clients that speak HTTP/2 on the port for HTTP without asking before (prior knowledge), for load balancers that do",
  },
} as const satisfies OptionSpecs;
