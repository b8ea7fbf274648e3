import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import type { MetricsServer } from "#src/process/metrics-server.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { apiConfig, type SourceNeeds } from "./open-source.ts";
import type { sourceOptions } from "./source-options.ts";

/** The options of metrics over TLS, in all programs. */
export const metricsTlsOptions = {
  metricsTlsPort: {
    kind: "number",
    min: 0,
    max: 65_535,
    help: "Serve /metrics on this port alone, over TLS, to clients with a bearer token of the cluster that may get /metrics",
  },
  metricsTlsAddress: { kind: "string", default: "0.0.0.0", help: "Address of --metrics-tls-port" },
  metricsTlsCertFile: {
    kind: "string",
    placeholder: "FILE",
    help: "Certificate of --metrics-tls-port as PEM, with its chain. Reloaded when it changes",
  },
  metricsTlsKeyFile: { kind: "string", placeholder: "FILE", help: "Key of --metrics-tls-cert-file as PEM" },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof metricsTlsOptions> & OptionValues<typeof sourceOptions>;

/** The server of --metrics-tls-port; undefined where that is not given. Clients are asked about at the API server of the source. */
export async function openMetricsTls(
  options: Options,
  { env, log }: { readonly env: SourceNeeds["env"]; readonly log: Logger },
): Promise<Parsed<MetricsServer | undefined>> {
  const { metricsTlsPort: port, metricsTlsAddress: address, metricsTlsCertFile, metricsTlsKeyFile } = options;
  const given = [port, metricsTlsCertFile, metricsTlsKeyFile];
  if (given.every((value) => value === undefined)) return { ok: true, value: undefined, problems: [] };
  if (port === undefined || metricsTlsCertFile === undefined || metricsTlsKeyFile === undefined)
    return { ok: false, problems: [optionProblem("only some of them are given", "Give all three, or none")] };
  if (options.manifests !== undefined) {
    const why = "with --manifests there is no API server that says who may read the metrics";
    return { ok: false, problems: [optionProblem(why, "Remove these options: --admin-port has the metrics")] };
  }
  const config = await apiConfig(options.kubeconfig, env);
  if (!config.ok) return config;
  // Loaded only where it is asked for, as the sources are: TLS of Node is not small.
  const { openMetricsServer } = await import("#src/process/metrics-server.ts");
  const { PathAccess } = await import("./path-access.ts");
  const { ApiClient } = await import("./kubernetes/api/client.ts");
  const { realTiming } = await import("./kubernetes/api/timing.ts");
  const client = new ApiClient(config.value, realTiming);
  const access = new PathAccess({ client, path: "/metrics", what: "the metrics", log, monotonicMs });
  const opened = await openMetricsServer({
    port,
    address,
    certFile: metricsTlsCertFile,
    keyFile: metricsTlsKeyFile,
    log,
    judge: async (token, from) => access.judge(token, from),
  });
  if (!opened.ok) {
    client.close();
    return opened;
  }
  const server = opened.value;
  const close = async (): Promise<void> => {
    client.close();
    await server.close();
  };
  return { ok: true, value: { start: async (registry) => server.start(registry), close }, problems: [] };
}

function optionProblem(why: string, fix: string): Problem {
  const names = ["--metrics-tls-port", "--metrics-tls-cert-file", "--metrics-tls-key-file"];
  return optionInvalid(names, { what: "Cannot serve metrics over TLS", why, fix });
}
