import { Worker } from "node:worker_threads";
import { printProblem } from "#src/model/problem.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/loop.ts";
import { createRegistry } from "#src/process/metrics.ts";
import { EXIT_USAGE, optionsOrExit } from "#src/process/options.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { sourceOrExit } from "#src/source/open.ts";
import { createClusterReader, speakerKinds } from "#speaker/cluster-reader.ts";
import { readHeartbeatKeys } from "#speaker/heartbeat-keys.ts";
import type { FromWorker, SpeakerState, ToWorker, WorkerSettings } from "#speaker/messages.ts";
import { createSpeakerMetrics } from "#speaker/metrics.ts";
import { LEAVE_DEADLINE_MS, speakerOptions } from "#speaker/settings.ts";

const options = optionsOrExit(speakerOptions, {
  command: "hawser speaker",
  about: "Answers ARP and NDP on this node for the addresses it owns, and takes over those of nodes that die.",
});
const keys = readHeartbeatKeys(options.heartbeatKeyFile);
if (!keys.ok) {
  process.stderr.write(`${printProblem(keys.problem)}\n`);
  process.exit(EXIT_USAGE);
}
const log = createLogger({ component: "speaker", node: options.node, level: options.logLevel });
const registry = createRegistry("speaker");
const metrics = createSpeakerMetrics(registry);
const health = createHealth(["synced", "heartbeats", "sockets", "joined"], () => log.info({}, "ready"));
const source = sourceOrExit(options, {
  component: "speaker",
  log,
  scopes: {
    Service: { fieldSelector: "spec.type=LoadBalancer" },
    // A Service of type LoadBalancer is never headless.
    EndpointSlice: { labelSelector: "!service.kubernetes.io/headless" },
  },
});

const settings: WorkerSettings = {
  node: options.node,
  heartbeatPort: options.heartbeatPort,
  heartbeatEveryMs: options.heartbeatInterval,
  deadAfterMs: Math.max(options.deadAfter, options.heartbeatInterval * 3),
  failBackAfterMs: options.failBackAfter === 0 ? undefined : options.failBackAfter * 1_000,
  interfaces: options.interfaces,
  heartbeatKeys: keys.keys,
};
const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: settings });
const left = Promise.withResolvers<void>();
let state: SpeakerState | undefined;
let isLeaving = false;

function tell(message: ToWorker): void {
  worker.postMessage(message);
}

const problems = new ProblemLog(log);
const readCluster = createClusterReader({
  source,
  node: options.node,
  onProblems: (where, found) => problems.report(where, found),
});
let told = "";
const cluster = createWorkLoop({
  log,
  async run() {
    const message = readCluster();
    const text = JSON.stringify(message);
    // Most changes of endpoints change nothing here, and the worker has heartbeats to send.
    if (text !== told) tell(message);
    told = text;
  },
});
const reports = createWorkLoop({
  log,
  async run() {
    if (state !== undefined) await source.report(`speaker-${options.node}`, reportOf(state));
  },
});

function reportOf({ announcing, ...rest }: SpeakerState): Readonly<Record<string, unknown>> {
  const startedMs = wallMs() - monotonicMs();
  const since = (ms: number): string => new Date(startedMs + ms).toISOString();
  const addresses = announcing.map(({ ip, term, sinceMs }) => ({ ip, term, since: since(sinceMs) }));
  return { node: options.node, ...rest, announcing: addresses };
}

worker.on("message", (message: FromWorker) => {
  switch (message.kind) {
    case "state":
      state = message.state;
      metrics.setState(state);
      health.set("joined", state.ready, state.ready ? "stands for election" : "listening to the other speakers");
      return reports.mark();
    case "counters":
      return metrics.setCounters(message.counters);
    case "log":
      return log[message.level](message.data, message.msg);
    case "problems": {
      const [first] = message.problems;
      problems.report(message.need, message.problems);
      return health.set(message.need, first === undefined, first === undefined ? "" : printProblem(first));
    }
    case "left":
      return left.resolve();
  }
});
worker.on("error", (error) => {
  log.fatal({ err: error }, "the worker thread failed");
  process.exit(1);
});
worker.on("exit", (code) => {
  if (isLeaving) return;
  log.fatal({ code }, "the worker thread ended");
  process.exit(1);
});

const admin = startAdminServer({ port: options.adminPort, address: options.adminAddress, health, registry, log });

onShutdown(
  log,
  async () => {
    isLeaving = true;
    tell({ kind: "leave" });
    const deadline = setTimeout(left.resolve, LEAVE_DEADLINE_MS);
    await left.promise;
    clearTimeout(deadline);
    await Promise.all([cluster.close(), reports.close(), source.close(), admin.close(), worker.terminate()]);
  },
  { deadlineMs: LEAVE_DEADLINE_MS * 3 },
);

await source.open(speakerKinds, {
  onChange: () => {
    if (!isLeaving) cluster.mark();
  },
  onProblems: (where, found) => problems.report(where, found),
});
health.set("synced", true);
cluster.mark();
