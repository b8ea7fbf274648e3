import { adminOptions, ingressScopeOptions, logOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { metricsTlsOptions } from "#src/source/open-metrics-tls.ts";
import { sourceOptions } from "#src/source/source-options.ts";
import { accessLogOptions } from "./access-log-options.ts";
import { TRACE_CONTEXTS } from "./engine/trace-context.ts";
import { answerOptions } from "./answer-options.ts";
import { http2Options } from "./http2-options.ts";
import { IO_CHOICES } from "./io/choose-io.ts";
import { limitOptions } from "./limit-options.ts";
import { storeOptions } from "./limits/store-options.ts";
import { proxyOptions } from "./proxy-options.ts";
import { publishOptions } from "./status/publish-settings.ts";

const port = { kind: "number", min: 0, max: 65_535 } as const;
/** The options of the ingress. */
export const ingressOptions = {
  ...sourceOptions,
  httpPort: { ...port, default: 80, help: "Port for HTTP" },
  httpsPort: { ...port, default: 443, help: "Port for HTTPS" },
  workers: {
    kind: "number",
    min: 1,
    max: 64,
    help: "Threads that serve requests, each on a core. 1: the thread that reads objects serves them, too (default: the cores that the program is granted, one for each 128 MiB of a limit of memory, at most 8)",
  },
  defaultBackendPort: {
    ...port,
    default: 8181,
    help: "Port that answers every request with 404, for health checks and as default backend",
  },
  node: {
    kind: "string",
    placeholder: "NAME",
    help: "Node of this program: where a Service asks for near endpoints (trafficDistribution), those of this node or its zone are used. Needs the right to list Nodes (default: all endpoints are used)",
  },
  ...adminOptions(10_254, "/healthz, /readyz, /metrics and /state"),
  ...metricsTlsOptions,
  stateTokenFile: {
    kind: "string",
    placeholder: "FILE",
    help: "Answer /state to other hosts, too, if they show the token in this file (default: to this host alone)",
  },
  bindAddress: {
    kind: "string",
    help: "Address of the ports for requests (default: every IPv4 address, and every IPv6 address where the host has IPv6)",
  },
  io: {
    kind: "string",
    choices: IO_CHOICES,
    default: "auto",
    help: "How bytes are moved: over the streams below Node's sockets if a test at the start finds that they work (auto), or over its sockets, which costs more for each request (net)",
  },
  ...ingressScopeOptions(INGRESS_CONTROLLER),
  ...answerOptions,
  nginxConfigMap: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Read this ConfigMap as ingress-nginx does, for what its keys say of all Ingresses. Changes are read while the program runs",
  },
  ...publishOptions,
  ...http2Options,
  ...proxyOptions,
  ...limitOptions,
  ...storeOptions,
  nginxMetrics: {
    kind: "boolean",
    default: false,
    help: "Show metrics under the names of ingress-nginx, too, for its Grafana boards",
  },
  ...accessLogOptions,
  traceContext: {
    kind: "string",
    choices: TRACE_CONTEXTS,
    default: "pass",
    help: "W3C trace context (traceparent) of requests without one: none (pass), or a new one (make)",
  },
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
