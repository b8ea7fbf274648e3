import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { answerCaptures } from "./answer-captures.ts";
import { ClusterReader } from "./cluster-reader.ts";
import { keyProblems } from "./key-problems.ts";
import { MemberRecordPublisher, memberRecordProblems, ownMemberRecord } from "./own-member-record.ts";
import { followHeartbeatKeys } from "./heartbeat-key-file.ts";
import { readHeartbeatKeys } from "./heartbeat-keys.ts";
import { answersIn } from "./last-answers.ts";
import type { FromWorker, SpeakerState, ToWorker, WorkerSettings } from "./messages.ts";
import { createSpeakerMetrics } from "./metrics.ts";
import { ReportedProblems } from "./reported-problems.ts";
import { publishCaptures } from "./publish-captures.ts";
import { createPublisher } from "./publisher.ts";
import { LEAVE_DEADLINE_MS, speakerOptions } from "./speaker-options.ts";
import { logStanding } from "./log-standing.ts";
import { LOST_INTERVALS } from "#src/election/watched-closely.ts";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import { memberRecordName } from "#src/model/member-record.ts";
import { readDailyWindow } from "#src/model/read-daily-window.ts";
import { printAnswers, type ReportedAnswers } from "#src/model/reported-answers.ts";
import { printProblem, withPlacePrinted } from "#src/model/problem.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { openMetricsTls } from "#src/source/open-metrics-tls.ts";
import { openSource } from "#src/source/open-source.ts";
import { programKinds, resourceScopes } from "#src/source/program-kinds.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { serviceClassOf } from "#src/model/service-class.ts";

const about = "Answers ARP and NDP on this node for the addresses it owns, and takes over those of nodes that die.";
/** Most of what the worker makes is garbage at once: a small nursery keeps its memory small. */
const WORKER_NURSERY_MB = 8;
/** The longest rest after work, which is ten times as long as the work: a single change is passed on at once, a storm in portions. */
const MOST_REST_MS = 50;
const REST_FACTOR = 10;

/** Runs the speaker until it is asked to end. Resolves with its exit code. */
export async function runSpeaker(argv: readonly string[], io: ProgramIo): Promise<number> {
  const parsed = readOptions(speakerOptions, argv, io, { command: "hawser speaker", about });
  if (parsed.kind === "exit") return parsed.code;
  const options = parsed.values;
  const read = readHeartbeatKeys(options.heartbeatKeyFile);
  if (!read.ok) return printProblems(io, [read.problem]);
  let { keys } = read;
  const failBackWindow = readDailyWindow("--fail-back-window", options.failBackWindow);
  if (!failBackWindow.ok) return printProblems(io, failBackWindow.problems);
  const { node } = options;
  const configMap = configMapRef(options);
  const log = createLogger({ component: "speaker", node, level: options.logLevel, to: io.logTo });
  const metricsTls = await openMetricsTls(options, { env: io.env, log });
  if (!metricsTls.ok) return printProblems(io, metricsTls.problems);
  const opened = await openSource(options, {
    component: "speaker",
    log,
    env: io.env,
    watchesMembers: true,
    scopes: {
      ...resourceScopes(options.metallbNamespace),
      ConfigMap: { namespace: configMap.namespace, fieldSelector: `metadata.name=${configMap.name}` },
      Service: { fieldSelector: "spec.type=LoadBalancer" },
      // A Service of type LoadBalancer is never headless.
      EndpointSlice: { labelSelector: "!service.kubernetes.io/headless" },
    },
  });
  if (!opened.ok) return printProblems(io, opened.problems);
  const source = opened.value;
  const registry = createRegistry("speaker");
  const metrics = createSpeakerMetrics(registry);
  const health = createHealth(["synced", "heartbeats", "sockets", "member", "joined"], () => {
    log.info({}, "ready");
    releaseUnusedPages(log, { collects: true });
  });

  const settings: WorkerSettings = {
    node,
    heartbeatPort: options.heartbeatPort,
    heartbeatEveryMs: options.heartbeatInterval,
    deadAfterMs: Math.max(options.deadAfter, options.heartbeatInterval * LOST_INTERVALS),
    failBackAfterMs: options.failBackAfter === 0 ? undefined : options.failBackAfter * 1_000,
    failBackWindow: failBackWindow.value,
    keepConnectionsMs: options.keepConnections === 0 ? undefined : options.keepConnections * 1_000,
    answersPing: options.answerPing,
    interfaces: options.interfaces,
    heartbeatKeys: keys,
  };
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: WORKER_NURSERY_MB },
  });
  const left = Promise.withResolvers<void>();
  let state: SpeakerState | undefined;
  let answers: ReportedAnswers | undefined;
  let isSynced = false;
  let isLeaving = false;

  function tell(message: ToWorker): void {
    worker.postMessage(message);
  }

  const problems = new ProblemLog(log);
  const ownProblems = new ReportedProblems({
    log: (place, found) => problems.report(place, found),
    onChange(list) {
      metrics.setProblems(list);
      reports.mark();
    },
  });
  const reader = new ClusterReader({
    source,
    node,
    configMap,
    metallbNamespace: options.metallbNamespace,
    ...serviceClassOf(options),
    ignoresExcludeLabel: options.ignoreExcludeLb,
    wallMs,
    onProblems: (where, found) => problems.report(where, found),
    onForbidden: (found) => ownProblems.report("addresses of Services", found),
  });

  /** What the member record depends on, as it was when that was looked at last. */
  let recordMadeFrom: readonly unknown[] = [];

  const cluster = createWorkLoop({
    log,
    async run() {
      const startMs = monotonicMs();
      const message = reader.read();
      if (message !== undefined) tell(message);
      const asked = reader.readCapture({ isSynced });
      if (asked !== undefined) captureAnswers.ask(asked);
      const isMember = source.reports("member").has(memberRecordName(node));
      const madeFrom = [isMember, reader.ownNode, reader.memberRecords];
      if (madeFrom.some((one, index) => one !== recordMadeFrom[index])) {
        recordMadeFrom = madeFrom;
        health.set("member", isMember, isMember ? "" : "the other speakers do not know of this one yet");
        memberRecord.mark();
      }
      await sleep(Math.min(MOST_REST_MS, (monotonicMs() - startMs) * REST_FACTOR));
    },
  });

  const recordPublisher = new MemberRecordPublisher(source);
  const memberRecord = createPublisher({
    log,
    what: "its member record",
    onProblems: (found) => problems.report("member record", found),
    async publish() {
      if (state === undefined || !isSynced || isLeaving) return;
      const { gateways, interfaces, machineAddresses } = state;
      const self = { node, keys, gateways, interfaces, machineAddresses, nodeObject: reader.ownNode };
      const own = ownMemberRecord(self);
      ownProblems.report("size of the member record", memberRecordProblems(self));
      if (own === undefined) return;
      ownProblems.report("heartbeat keys of others", keyProblems(own, reader.memberRecords));
      await recordPublisher.publish(own);
    },
  });
  const reports = createPublisher({
    log,
    what: "its report",
    onProblems: (found) => problems.report("report", found),
    async publish() {
      if (state === undefined || isLeaving) return;
      const goesWith = { kind: "Node", namespace: "", name: node } as const;
      const { machineAddresses: _inMemberRecord, ...reported } = state;
      const report = { node, ...reported, answers, problems: ownProblems.list().map(withPlacePrinted) };
      await source.report(`speaker-${node}`, report, { goesWith });
    },
  });

  const captures = publishCaptures({ source, node, log, onProblems: (found) => problems.report("capture", found) });
  const captureAnswers = answerCaptures({ captures, log, tell });

  const sayStanding = logStanding(log);
  worker.on("message", (message: FromWorker) => {
    switch (message.kind) {
      case "state":
        state = message.state;
        metrics.setState(state);
        ownProblems.report("speaker", state.problems);
        health.set("joined", state.ready, state.ready ? "stands for election" : "listening to the other speakers");
        if (isSynced) sayStanding(state.standing);
        memberRecord.mark();
        return reports.mark();
      case "answers":
        answers = printAnswers(answersIn(message.answers));
        return reports.mark();
      case "captured":
        return captureAnswers.take(message.report);
      case "counters":
        return metrics.setCounters(message.counters);
      case "log":
        return log[message.level](message.data, message.msg);
      case "problems": {
        const [first] = message.problems;
        ownProblems.report(message.need, message.problems);
        // Without it addresses are served as well.
        if (message.need === "connections" || message.need === "ping") return undefined;
        return health.set(message.need, first === undefined, first === undefined ? "" : printProblem(first));
      }
      case "left":
        return left.resolve();
    }
  });
  const shutdown = onShutdown(io, log, {
    deadlineMs: LEAVE_DEADLINE_MS * 3,
    async close() {
      isLeaving = true;
      endFollowing();
      tell({ kind: "leave" });
      const deadline = setTimeout(left.resolve, LEAVE_DEADLINE_MS);
      await left.promise;
      clearTimeout(deadline);
      // The others have taken over: none of them may hear this speaker once its member record is gone.
      await worker.terminate();
      await Promise.all([
        cluster.close(),
        reports.close(),
        memberRecord.close(),
        captures.close(),
        source.close(),
        admin.close(),
      ]);
    },
  });
  worker.on("error", (error) => {
    log.fatal({ err: error }, "the worker thread failed");
    shutdown.fail();
  });
  worker.on("exit", (code) => {
    if (isLeaving) return;
    log.fatal({ code }, "the worker thread ended");
    shutdown.fail();
  });

  const endFollowing = followHeartbeatKeys({
    file: options.heartbeatKeyFile,
    keys,
    onKeys(next) {
      keys = next;
      tell({ kind: "keys", keys });
      log.info({ keys: keys.length }, "heartbeat keys replaced");
      memberRecord.mark();
    },
    onProblems: (found) => problems.report(options.heartbeatKeyFile, found),
  });
  const admin = startAdminServer({
    port: options.adminPort,
    address: options.adminAddress,
    health,
    registry,
    log,
    metrics: metricsTls.value,
  });

  const mark = (): void => {
    if (!isLeaving) cluster.mark();
  };
  async function start(): Promise<void> {
    await source.open(programKinds.speaker.opens, {
      onChange(changed) {
        reader.mark(changed);
        mark();
      },
      onReports: mark,
      onProblems: (where, found) => problems.report(where, found),
    });
    isSynced = true;
    health.set("synced", true);
    memberRecord.mark();
    mark();
  }
  await Promise.race([start(), shutdown.ended]);
  return shutdown.ended;
}
