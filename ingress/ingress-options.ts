import { logLevels } from "#src/process/log.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { sourceOptions } from "#src/source/source-options.ts";
import { publishOptions } from "./status/publish-settings.ts";

const port = { kind: "number", min: 0, max: 65_535 } as const;
/** The options of the ingress. */
export const ingressOptions = {
  ...sourceOptions,
  httpPort: { ...port, default: 80, help: "Port for HTTP" },
  httpsPort: { ...port, default: 443, help: "Port for HTTPS" },
  defaultBackendPort: { ...port, default: 8181, help: "Port that answers 404 to everything" },
  adminAddress: { kind: "string", default: "0.0.0.0", help: "Address of /healthz, /readyz, /metrics and /state" },
  adminPort: { ...port, default: 10_254, help: "Port of /healthz, /readyz, /metrics and /state" },
  bindAddress: {
    kind: "string",
    help: "Address of the ports for requests; by default all of IPv4, and of IPv6 where the host has it",
  },
  ingressClass: { kind: "string", default: "hawser", help: "Name of the IngressClass that is served" },
  watchIngressWithoutClass: {
    kind: "boolean",
    default: false,
    help: "Serve Ingresses without a class where no class is the default; those of a folder always are",
  },
  sslRedirect: {
    kind: "boolean",
    default: false,
    help: "Send plain requests on to HTTPS (308) for hosts with a tls entry, unless the Ingress has ssl-redirect",
  },
  ...publishOptions,
  accessLog: { kind: "boolean", default: false, help: "Write a JSON line to stdout for each answered request" },
  drainDelay: {
    kind: "number",
    default: 5,
    min: 0,
    max: 3_600,
    help: "Seconds to go on accepting after SIGTERM, until nobody sends new connections any more",
  },
  drainTimeout: { kind: "number", default: 20, min: 0, max: 3_600, help: "Seconds that requests may take to end then" },
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Least level that is logged" },
} as const satisfies OptionSpecs;
