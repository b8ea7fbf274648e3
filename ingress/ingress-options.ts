import { adminOptions, logOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { sourceOptions } from "#src/source/source-options.ts";
import { limitOptions } from "./limit-options.ts";
import { publishOptions } from "./status/publish-settings.ts";

const port = { kind: "number", min: 0, max: 65_535 } as const;
/** The options of the ingress. */
export const ingressOptions = {
  ...sourceOptions,
  httpPort: { ...port, default: 80, help: "Port for HTTP" },
  httpsPort: { ...port, default: 443, help: "Port for HTTPS" },
  defaultBackendPort: {
    ...port,
    default: 8181,
    help: "Port that answers every request with 404, for health checks and as default backend",
  },
  defaultBackendService: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Service whose first port answers requests that no rule matches (default: 404 is answered)",
  },
  disableSvcExternalName: {
    kind: "boolean",
    default: false,
    help: "Send no requests to Services of type ExternalName: they are answered 503",
  },
  ...adminOptions(10_254, "/healthz, /readyz, /metrics and /state"),
  bindAddress: {
    kind: "string",
    help: "Address of the ports for requests (default: every IPv4 address, and every IPv6 address where the host has IPv6)",
  },
  ingressClass: { kind: "string", default: "hawser", help: "Name of the IngressClass to serve" },
  controllerClass: {
    kind: "string",
    default: INGRESS_CONTROLLER,
    placeholder: "CONTROLLER",
    help: "Serve the classes whose IngressClass has this spec.controller, such as k8s.io/ingress-nginx",
  },
  watchIngressWithoutClass: {
    kind: "boolean",
    default: false,
    help: "Serve Ingresses without a class where no IngressClass is the default. With --manifests they are always served",
  },
  sslRedirect: {
    kind: "boolean",
    default: false,
    help: "Redirect plain HTTP to HTTPS (308) for hosts with a tls entry, unless the Ingress says otherwise by ssl-redirect",
  },
  defaultSslCertificate: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Secret with the certificate for clients whose server name no other certificate covers (default: self-signed)",
  },
  ...publishOptions,
  ...limitOptions,
  accessLog: { kind: "boolean", default: false, help: "Write one JSON line to stdout for each answered request" },
  drainDelay: {
    kind: "number",
    default: 5,
    min: 0,
    max: 3_600,
    help: "Seconds to go on accepting connections after SIGTERM, while senders learn that this program ends",
  },
  drainTimeout: {
    kind: "number",
    default: 20,
    min: 0,
    max: 3_600,
    help: "Seconds to let open requests finish after that",
  },
  ...logOptions,
} as const satisfies OptionSpecs;
