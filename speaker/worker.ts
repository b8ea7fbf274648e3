// The worker thread of the speaker: sockets, heartbeats and elections live here, so that nothing the main thread does
// (reading thousands of objects, writing status) delays an answer or a heartbeat.
import { parentPort, workerData } from "node:worker_threads";
import { readArpSysctls } from "#src/linux/arp-sysctls.ts";
import { GroupMembership } from "#src/linux/group-membership.ts";
import { type Link, openLinkWatcher } from "#src/linux/link-watcher.ts";
import { openPacketSocket } from "#src/linux/packet-socket.ts";
import { openRouteWatcher } from "#src/linux/route-watcher.ts";
import type { Routes } from "#src/linux/routes.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { CounterSet } from "./counter-set.ts";
import { LocalNetwork } from "./local-network.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./messages.ts";
import { Responders } from "./responders.ts";
import { Speaker } from "./speaker.ts";

/** Between two attempts to open the packet sockets that the kernel refused. */
const REOPEN_MS = 1_000;

const settings = workerData as WorkerSettings;
let isTicking = false;

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function warn(msg: string, data: Readonly<Record<string, unknown>>): void {
  post({ kind: "log", level: "warn", msg, data });
}

/** Says each different trouble once, so that a broken member cannot fill the log; bounded. */
const said = new Set<string>();
function warnOnce(msg: string, data: Readonly<Record<string, unknown>>): void {
  const key = JSON.stringify([msg, data]);
  if (said.has(key) || said.size >= 1_000) return;
  said.add(key);
  warn(msg, data);
}

const counters = new CounterSet();

const responders = new Responders({
  interfaces: settings.interfaces,
  openPacketSocket,
  groups: new GroupMembership({
    onError: (name, error) => warnOnce("cannot join a solicited-node group", { interface: name, err: error.message }),
  }),
  onReply: (protocol) => counters.add("replies_sent", protocol),
  onDrop: (reason) => counters.add("frames_dropped", reason),
  onError: (errno) => counters.add("socket_errors", String(errno)),
  onWideFilter: (name, error) =>
    warnOnce("the kernel refuses a filter by address, all requests are looked at", {
      interface: name,
      err: error.message,
      fix: "raise net.core.optmem_max to 131072",
    }),
  onProblems: (problems) => post({ kind: "problems", need: "sockets", problems }),
});

const heartbeats = new Heartbeats({
  node: settings.node,
  port: settings.heartbeatPort,
  keys: settings.heartbeatKeys,
  onHeartbeat: (heartbeat, from) => speaker.receive(heartbeat, from, monotonicMs()),
  onFault: (fault) => {
    counters.add("heartbeats_refused", fault);
    if (fault === "tag")
      warnOnce("a heartbeat with a wrong signature was refused", { fix: "give all speakers one key" });
  },
  onError: (error) => warnOnce("heartbeat socket", { err: error.message }),
  onProblems: (problems) => post({ kind: "problems", need: "heartbeats", problems }),
});

const network = new LocalNetwork();
const speaker = new Speaker({
  settings,
  heartbeats,
  responders,
  counters,
  network,
  arpSysctls: readArpSysctls,
  wallMs,
  chance: Math.random,
  post,
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

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "keys") heartbeats.setKeys(message.keys);
  else speaker.handle(message, monotonicMs());
  // Without a tick nothing is announced that somebody would have to take over.
  if (message.kind === "leave" && !isTicking) post({ kind: "left" });
});

const links = await openLinkWatcher({
  onChange: takeLinks,
  onError: (error) => warnOnce("link watcher", { err: error.message }),
});
const routes = await openRouteWatcher({
  onChange: takeRoutes,
  onError: (error) => warnOnce("route watcher", { err: error.message }),
});
takeRoutes(routes.routes());
takeLinks(links.links());
setInterval(() => {
  if (responders.retryFailed()) speaker.linksChanged(monotonicMs());
}, REOPEN_MS);
// A speaker that hears nobody would take everything: it does not stand for election before it can.
await heartbeats.open();
isTicking = true;
setInterval(() => speaker.tick(monotonicMs()), settings.heartbeatEveryMs);
post({ kind: "log", level: "info", msg: "speaker worker started", data: { interfaces: responders.links().length } });
