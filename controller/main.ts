import { randomBytes } from "node:crypto";
import { releaseStartPages } from "#src/linux/start-pages.ts";
import type { ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { delay, monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger, logLevels } from "#src/process/log.ts";
import { createRegistry } from "#src/process/metrics.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { optionsOrExit } from "#src/process/options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { keepHeapSmall } from "#src/process/small-heap.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";
import { apiConfig, sourceOrExit } from "#src/source/source-or-exit.ts";
import { makeHeartbeatSecret } from "./heartbeat-secret.ts";
import { type Controller, startController } from "./start-controller.ts";
import { createControllerMetrics } from "./metrics.ts";

const specs = {
  ...sourceOptions,
  configMap: installationOptions.configMap,
  loadBalancerClass: { kind: "string", help: "Serve Services of exactly this class; by default those without a class" },
  heartbeatSecret: {
    kind: "string",
    help: "Make this Secret in --namespace with a random key for the speakers, if there is none; by default no Secret",
  },
  adminAddress: { kind: "string", default: "0.0.0.0", help: "Address for /healthz, /readyz and /metrics" },
  adminPort: { kind: "number", default: 9120, min: 0, max: 65_535, help: "Port for /healthz, /readyz and /metrics" },
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Least level that is logged" },
} as const satisfies OptionSpecs;

const about = "Gives Services of type LoadBalancer addresses from the pools in the ConfigMap.";
keepHeapSmall();
const options = optionsOrExit(specs, { command: "hawser controller", about });
const component = "controller";
const log = createLogger({ component, level: options.logLevel });
const registry = createRegistry(component);
const health = createHealth(["synced", "applied", "source"], () => {
  log.info({}, "ready");
  releaseStartPages(log);
});
health.set("source", true);
const admin = startAdminServer({ address: options.adminAddress, port: options.adminPort, health, registry, log });
const configMap: ObjectRef = { kind: "ConfigMap", namespace: options.namespace, name: options.configMap };
const source = await sourceOrExit(options, {
  component,
  log,
  // All Services: one that is no longer of type LoadBalancer has to lose our condition.
  watchesReports: true,
  scopes: { ConfigMap: { namespace: options.namespace, fieldSelector: `metadata.name=${options.configMap}` } },
});

/** What an API server without its memory refuses to tell: a person has to decide, so it must show in `kubectl get pods`. */
const wentBack = new Set<string>();

function showSource(where: string, problems: readonly Problem[]): void {
  const problem = problems.find(({ code }) => code === "API_SERVER_WENT_BACK");
  if (problem === undefined) wentBack.delete(where);
  else wentBack.add(where);
  health.set("source", wentBack.size === 0, problem === undefined ? "" : printProblem(problem));
}

let controller: Controller | undefined;
const ending = new AbortController();
onShutdown(log, async () => {
  ending.abort();
  await controller?.close();
  await source.close();
  await admin.close();
});

if (options.heartbeatSecret !== undefined && options.manifests === undefined) void startSecret(options.heartbeatSecret);

controller = await startController({
  source,
  configMap,
  loadBalancerClass: options.loadBalancerClass,
  log,
  metrics: createControllerMetrics(registry),
  monotonicMs,
  wallMs,
  random: Math.random,
  delay,
  onApplied: (role) => health.set("applied", true, role),
  onProblems: showSource,
});
health.set("synced", true);
log.info({ configMap: `${options.namespace}/${options.configMap}` }, "controller started");

/** Beside everything else: addresses are assigned whether or not speakers can start. */
async function startSecret(name: string): Promise<void> {
  const config = await apiConfig(options.kubeconfig);
  if (!config.ok) return;
  await makeHeartbeatSecret({
    config: config.value,
    namespace: options.namespace,
    name,
    key: randomBytes(32).toString("base64"),
    log,
    timing: { delay, chance: Math.random, clock: wallMs },
    signal: ending.signal,
  });
}
