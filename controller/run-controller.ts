import { randomBytes } from "node:crypto";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import { keyOf } from "#src/model/object.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { delay, monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger, type Logger } from "#src/process/log.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { standardLogOutput } from "#src/process/log-output.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { openMetricsTls } from "#src/source/open-metrics-tls.ts";
import { apiConfig, openSource } from "#src/source/open-source.ts";
import { resourceScopes } from "#src/source/program-kinds.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { makeHeartbeatSecret } from "./heartbeat-secret.ts";
import { type Controller, startController } from "./start-controller.ts";
import { createControllerMetrics } from "./metrics.ts";
import { controllerOptions } from "./controller-options.ts";
import { showSourceIn } from "./show-source-in.ts";
import type { PageThread } from "./ui/page-thread.ts";
import { readPageOptions, type PagePlace } from "./ui/page-options.ts";
import { serviceClassOf } from "#src/model/service-class.ts";

const about = "Gives Services of type LoadBalancer addresses from the pools in the ConfigMap and in MetalLB's objects.";
const component = "controller";

/** Runs the controller until it is asked to end. Resolves with its exit code. */
export async function runController(argv: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(controllerOptions, argv, io, { command: "hawser controller", about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const log = createLogger({ component, level: options.logLevel, to: io.logTo });
  const configMap = configMapRef(options);
  const metrics = await openMetricsTls(options, { env: io.env, log });
  if (!metrics.ok) return printProblems(io, metrics.problems);
  const ui = await readPageOptions(options);
  if (!ui.ok) return printProblems(io, ui.problems);
  const opened = await openSource(options, {
    component,
    log,
    env: io.env,
    // All Services: one that is no longer of type LoadBalancer has to lose our condition.
    watchesReports: true,
    // What interfaces and gateways have is assigned to no Service.
    watchesMembers: true,
    // A new leader continues the history that the one before it wrote.
    watchesHistory: true,
    scopes: {
      ...resourceScopes(options.metallbNamespace),
      ConfigMap: { namespace: configMap.namespace, fieldSelector: `metadata.name=${configMap.name}` },
    },
  });
  if (!opened.ok) return printProblems(io, opened.problems);
  const source = opened.value;
  const registry = createRegistry(component);
  const health = createHealth(["synced", "applied", "source"], () => {
    log.info({}, "ready");
    releaseUnusedPages(log, { collects: true });
  });
  health.set("source", true);
  const admin = startAdminServer({
    address: options.adminAddress,
    port: options.adminPort,
    health,
    registry,
    log,
    metrics: metrics.value,
  });
  const page = ui.value && (await startPage(options, ui.value, { log, io }));
  let controller: Controller | undefined;
  const ending = new AbortController();
  const { ended } = onShutdown(io, log, {
    async close() {
      ending.abort();
      await Promise.all([controller?.close(), page?.close()]);
      await source.close();
      await admin.close();
    },
  });
  void startSecret(options, { log, env: io.env, signal: ending.signal });

  async function start(): Promise<void> {
    controller = await startController({
      source,
      configMap,
      metallbNamespace: options.metallbNamespace,
      ...serviceClassOf(options),
      poolWarningPercent: options.poolWarningPercent,
      log,
      metrics: createControllerMetrics(registry),
      monotonicMs,
      wallMs,
      random: Math.random,
      delay,
      onApplied: (role) => health.set("applied", true, role),
      onProblems: showSourceIn(health),
    });
    health.set("synced", true);
    log.info({ configMap: keyOf(configMap) }, "controller started");
  }
  await Promise.race([start(), ended]);
  return ended;
}

/** Starts the page of `--ui-port`: the code of its thread is loaded only then. */
async function startPage(
  options: OptionValues<typeof controllerOptions>,
  listening: PagePlace,
  { log, io }: { readonly log: Logger; readonly io: ProgramIo },
): Promise<PageThread> {
  const { kubeconfig, namespace, configMap, metallbNamespace, logLevel } = options;
  const { startPageThread } = await import("./ui/page-thread.ts");
  return startPageThread({
    start: {
      listening,
      kubeconfig,
      env: { ...io.env },
      namespace,
      configMap,
      metallbNamespace,
      logLevel,
      ...serviceClassOf(options),
    },
    log,
    logTo: io.logTo ?? standardLogOutput(),
  });
}

/** Creates the Secret of `--heartbeat-secret`. Runs beside everything else: addresses are assigned whether or not speakers can start. */
async function startSecret(
  { heartbeatSecret: name, manifests, kubeconfig, namespace }: OptionValues<typeof controllerOptions>,
  { log, env, signal }: { readonly log: Logger; readonly env: ProgramIo["env"]; readonly signal: AbortSignal },
): Promise<void> {
  if (name === undefined || manifests !== undefined) return;
  const config = await apiConfig(kubeconfig, env);
  if (!config.ok) return;
  await makeHeartbeatSecret({
    config: config.value,
    namespace,
    name,
    key: randomBytes(32).toString("base64"),
    log,
    timing: { delay, chance: Math.random, clock: wallMs },
    signal,
  });
}
