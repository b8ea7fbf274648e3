import type { Ip } from "#src/ip/address.ts";
import { readArpSysctls } from "#src/linux/arp-sysctls.ts";
import { GroupMembership } from "#src/linux/group-membership.ts";
import { type Link, openLinkWatcher } from "#src/linux/link-watcher.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { NfTablesSocket } from "#src/linux/nf-tables-socket.ts";
import { openRouteWatcher } from "#src/linux/route-watcher.ts";
import type { Routes } from "#src/linux/routes.ts";
import type { Problem } from "#src/model/problem.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { startWallClock } from "#src/process/start-wall-clock.ts";
import { printMac } from "#src/wire/mac.ts";
import { AnswersReporter } from "./answers-reporter.ts";
import { ConnectionKeeper, connectionsNotKept } from "./connection-keeper.ts";
import { CounterSet } from "./counter-set.ts";
import { FrameCapture } from "./frame-capture.ts";
import { errnoOf } from "./errno-of.ts";
import { ForwardStopper, type StopperSocket } from "./forward-stopper.ts";
import { Heartbeats } from "./heartbeats.ts";
import { LastAnswers } from "./last-answers.ts";
import { Layer2Announcer } from "./layer2-announcer.ts";
import { LocalNetwork } from "./local-network.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./messages.ts";
import { NodeQuestions } from "./node-questions.ts";
import { PortQuestions } from "./port-questions.ts";
import { Responders } from "./responders.ts";
import { RouterListener } from "./router-listener.ts";
import { soon } from "./soon.ts";
import { Speaker } from "./speaker.ts";

/** Between two attempts to open the packet sockets that the kernel refused. */
const REOPEN_MS = 1_000;
/** Different troubles that are logged; more of them say nothing new. */
const MAX_TROUBLES = 1_000;

/** What is said where the kernel opens no socket. */
const UNOPENED = {
  claims: "cannot listen for other machines that have addresses of this speaker",
  echoes: "cannot answer echo requests to addresses of this speaker",
  routers: "cannot listen for virtual routers (VRRP) that have addresses of pools or Services",
} as const;

/** The first ten bits of link-local IPv6 addresses (RFC 4291 section 2.5.6). */
const LINK_LOCAL = 0x3fan;

/** The way to the main thread and back. */
export interface WorkerPort {
  post(message: FromWorker): void;
  listen(listener: (message: ToWorker) => void): void;
}

/** The machine: the kernel's own, or what a test puts in its place. */
export interface WorkerMachine {
  readonly openPacketSocket: typeof openPacketSocket;
  readonly openLinkWatcher: typeof openLinkWatcher;
  readonly openRouteWatcher: typeof openRouteWatcher;
  readonly readArpSysctls: typeof readArpSysctls;
  /** Throws an error with `errno` where the kernel has no such socket. */
  openNfTables(onError: (errno: number) => void): StopperSocket;
}

const linux: WorkerMachine = {
  openPacketSocket,
  openLinkWatcher,
  openRouteWatcher,
  readArpSysctls,
  openNfTables: (onError) => new NfTablesSocket(onError),
};

/** Runs the worker of a speaker. Resolves, once it hears heartbeats and ticks, with what ends it. */
export async function runWorker(
  settings: WorkerSettings,
  port: WorkerPort,
  machine: WorkerMachine = linux,
): Promise<() => void> {
  const answers = new LastAnswers();
  const answersReporter = new AnswersReporter({ answers, post: (message) => port.post(message) });
  const post = (message: FromWorker): void => {
    if (message.kind === "state") answersReporter.goWithState(message.state.members.length, monotonicMs());
    port.post(message);
  };
  const warnOnce = troubleLog(post);
  const counters = new CounterSet();
  const network = new LocalNetwork();
  let isTicking = false;
  /** The time for answers, of the last tick: to ask the clock for each would cost more than to keep the answer. */
  let answeredMs = wallMs();

  const stopper = stopForwarding(settings, machine, post);
  const groups = new GroupMembership({
    onError: (name, error) => warnOnce("cannot join a solicited-node group", { interface: name, err: error.message }),
  });
  const responders = new Responders({
    interfaces: settings.interfaces,
    openPacketSocket: machine.openPacketSocket,
    groups,
    answersPing: settings.answersPing,
    mayAnswerPing: (ip) => stopper?.isStopped(ip) === true && !network.hasAddress(ip),
    onEcho: (outcome, count) => counters.add("echoes", outcome, count),
    onReply: (protocol, ip, asker) => {
      counters.add("replies_sent", protocol);
      // Members ask for what this speaker announces, to see that it answers: that is not of interest to its user.
      if (!mayBeMember(asker.ip) || speaker.nodeOf(printMac(asker.mac)) === undefined)
        answers.note(ip, asker.ip, answeredMs);
    },
    onDrop: (reason) => counters.add("frames_dropped", reason),
    onForeignClaim: (protocol, ip, mac) => layer2.hearForeignClaim(protocol, { ip, mac }, monotonicMs()),
    onOwnerHeard: (ip, mac) => layer2.hearOwner(ip, mac, (one) => speaker.nodeOf(one)),
    onNodeHeard: (ip, mac) => questions.hear(ip, mac),
    onError: (errno) => counters.add("socket_errors", String(errno)),
    onWideFilter: (name, error) =>
      warnOnce("the kernel refuses a filter by address, all requests are looked at", {
        interface: name,
        err: error.message,
        fix: "raise net.core.optmem_max to 131072",
      }),
    onUnopened: (name, needed, error) => warnOnce(UNOPENED[needed], { interface: name, err: error.message }),
    onProblems: (problems) => post({ kind: "problems", need: "sockets", problems }),
  });

  const heartbeats = new Heartbeats({
    node: settings.node,
    port: settings.heartbeatPort,
    keys: settings.heartbeatKeys,
    onHeartbeat: (received, from) => speaker.receive(received, from, monotonicMs()),
    onFault: (fault) => {
      counters.add("heartbeats_refused", fault);
      if (fault === "tag")
        warnOnce("a heartbeat with a wrong signature was refused", { fix: "give all speakers one key" });
    },
    onError: (error) => warnOnce("heartbeat socket", { err: error.message }),
    onProblems: (problems) => post({ kind: "problems", need: "heartbeats", problems }),
  });

  const layer2 = new Layer2Announcer({
    responders,
    counters,
    answers,
    network,
    stopper,
    arpSysctls: machine.readArpSysctls,
    chance: Math.random,
  });
  const ports = new PortQuestions({
    port: settings.heartbeatPort,
    onRefused: (node) => speaker.hearRefusal(node),
  });
  const questions = new NodeQuestions({
    responders,
    ports,
    nodeOf: (mac) => speaker.nodeOf(mac),
    onAnswer: (node) => speaker.hearKernel(node, monotonicMs()),
  });
  const connections = keepConnections(settings, machine, post);
  const speaker = new Speaker({
    settings,
    heartbeats,
    announcers: [layer2],
    counters,
    network,
    questions,
    keeper: connections.keeper,
    wallMs,
    post,
    goOnSoon: () => goingOn.ask(),
  });
  const goingOn = soon(() => speaker.goOn(monotonicMs()));

  const routers = new RouterListener({
    links: () => responders.links().map(({ link }) => link),
    openPacketSocket: machine.openPacketSocket,
    onRouter: (router) => layer2.hearVirtualRouter(router, (ip) => speaker.isOurs(ip), monotonicMs()),
    onOutcome: (outcome, count) => counters.add("virtual_routers", outcome, count),
    onError: (errno) => counters.add("socket_errors", String(errno)),
    onUnopened: (name, error) => warnOnce(UNOPENED.routers, { interface: name, err: error.message }),
  });

  const capture = new FrameCapture({
    node: settings.node,
    links: () => responders.links().map(({ link }) => link),
    openPacketSocket: machine.openPacketSocket,
    startWallClock,
    onEnd: (report) => post({ kind: "captured", report }),
  });

  function takeLinks(found: ReadonlyMap<number, Link>): void {
    network.setLinks(found);
    if (responders.setLinks(found)) speaker.linksChanged(monotonicMs());
    speaker.networkChanged(monotonicMs());
  }
  function takeRoutes(found: Routes): void {
    network.setRoutes(found);
    if (responders.setRoutes(found)) speaker.linksChanged(monotonicMs());
    speaker.networkChanged(monotonicMs());
  }

  port.listen((message) => {
    if (message.kind === "keys") heartbeats.setKeys(message.keys);
    else if (message.kind === "capture") capture.start(message, monotonicMs());
    else if (message.kind === "captureEnd") capture.stop();
    else speaker.handle(message, monotonicMs());
    // Without a tick nothing is announced that another speaker would have to take over.
    if (message.kind === "leave" && !isTicking) post({ kind: "left" });
  });

  const links = await machine.openLinkWatcher({
    onChange: takeLinks,
    onError: (error) => warnOnce("link watcher", { err: error.message }),
  });
  const routes = await machine.openRouteWatcher({
    onChange: takeRoutes,
    onError: (error) => warnOnce("route watcher", { err: error.message }),
  });
  takeRoutes(routes.routes());
  takeLinks(links.links());
  const reopening = setInterval(() => {
    groups.retryFailed();
    routers.tick(speaker.families());
    if (responders.retryFailed()) speaker.linksChanged(monotonicMs());
  }, REOPEN_MS);
  // A speaker that hears no other one would take everything: it does not stand for election before it can hear.
  await heartbeats.open();
  isTicking = true;
  const ticking = setInterval(() => {
    const nowMs = monotonicMs();
    answeredMs = wallMs();
    speaker.tick(nowMs);
    groups.settle();
    answersReporter.tick(nowMs);
    capture.tick(nowMs);
  }, settings.heartbeatEveryMs);
  post({ kind: "log", level: "info", msg: "speaker worker started", data: { interfaces: responders.links().length } });
  return () => {
    clearInterval(reopening);
    clearInterval(ticking);
    goingOn.stop();
    heartbeats.close();
    ports.close();
    responders.close();
    routers.close();
    capture.stop();
    links.close();
    routes.close();
    connections.close();
    stopper?.close();
  };
}

/** What stops the kernel from forwarding echo requests, where these are to be answered. */
function stopForwarding(
  { node, answersPing }: WorkerSettings,
  { openNfTables }: Pick<WorkerMachine, "openNfTables">,
  post: WorkerPort["post"],
): ForwardStopper | undefined {
  if (!answersPing) return undefined;
  const stopper = new ForwardStopper({
    node,
    openSocket: openNfTables,
    onProblems: (problems) => post({ kind: "problems", need: "ping", problems }),
  });
  stopper.settle(monotonicMs());
  return stopper;
}

/** What keeps connections where that is wanted, and the end of its socket. Where the kernel has no such socket they are not kept. */
function keepConnections(
  { node, keepConnectionsMs: keptMs }: WorkerSettings,
  { openNfTables }: Pick<WorkerMachine, "openNfTables">,
  post: WorkerPort["post"],
): { readonly keeper: ConnectionKeeper | undefined; close(): void } {
  if (keptMs === undefined) return { keeper: undefined, close: () => undefined };
  const onProblems = (problems: readonly Problem[]): void => post({ kind: "problems", need: "connections", problems });
  try {
    const socket = openNfTables((errno) => onProblems([connectionsNotKept(node, errno)]));
    const keeper = new ConnectionKeeper({ node, socket, keptMs, onProblems });
    return { keeper, close: () => socket[Symbol.dispose]() };
  } catch (error) {
    onProblems([connectionsNotKept(node, errnoOf(error))]);
    return { keeper: undefined, close: () => undefined };
  }
}

/** Whether a question comes from an address that members ask with: none, or a link-local one. */
function mayBeMember({ family, value }: Ip): boolean {
  return value === 0n || (family === "ipv6" && value >> 118n === LINK_LOCAL);
}

/** Logs each different trouble once, so that a broken member cannot fill the log. */
function troubleLog(post: WorkerPort["post"]): (msg: string, data: Readonly<Record<string, unknown>>) => void {
  const told = new ToldOnce(MAX_TROUBLES);
  return (msg, data) => {
    if (told.isNews(JSON.stringify([msg, data]), [msg])) post({ kind: "log", level: "warn", msg, data });
  };
}
