import { setImmediate as nextTurn } from "node:timers/promises";
import { type ListenHandle, listenWithRetry } from "#src/process/listen.ts";
import { createLogger } from "#src/process/log.ts";
import { listeningOf } from "#ingress/listening-of.ts";
import { ownEndpoints } from "#ingress/own-endpoints.ts";
import { classScope } from "#ingress/reader/class-scope.ts";
import { readReadingSettings } from "#ingress/reader/reading-settings.ts";
import { chooseIo } from "#ingress/io/choose-io.ts";
import { lagWatch } from "#ingress/server/lag-watch.ts";
import { openServing } from "#ingress/server/open-serving.ts";
import type { RequestPort } from "#ingress/server/request-ports.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import { readServingSettings } from "#ingress/server/serving-settings.ts";
import { ServedCertificates } from "#ingress/tls/served-certificates.ts";
import { takeReport } from "./server-report.ts";
import { openSharedMemory } from "./shared-memory.ts";
import { HeardUpdates } from "./told-updates.ts";
import type { FromServer, ToServer, WorkerStart } from "./worker-start.ts";

const LF = 0x0a;

/** How a worker and the thread that looks after it speak with each other. */
export interface ServerPort {
  post(message: FromServer, transfer?: readonly ArrayBuffer[]): void;
  listen(listener: (message: ToServer) => void): void;
}

/** Serves requests in a worker thread, by what it hears, until it is asked to finish. */
export async function serveInThread(start: WorkerStart, port: ServerPort): Promise<void> {
  const { index, options, given, env, address } = start;
  const reading = readReadingSettings(options);
  const settings = readServingSettings(options);
  // The thread that started this one has read the same.
  if (!reading.ok || !settings.ok) throw new Error("the options of a worker cannot be read");
  const shared = openSharedMemory(start.memory, index);
  const log = createLogger({ component: "ingress", level: options.logLevel, worker: index + 1, to: { write: say } });
  const certificates = new ServedCertificates(start.fallback, settings.value.ciphers);
  const serving = openServing({
    io: await chooseIo(options.io, { log }),
    options,
    settings: settings.value,
    given,
    env,
    certificates,
    log,
    shared: { ...shared, servers: start.memory.workers },
    writeAccessLog,
  });
  const { engine, access } = serving;
  const routes = new RouteIndex(classScope(options), {
    isOwnEndpoint: ownEndpoints(listeningOf(options)),
    defaultService: reading.value.defaultService,
    compat: options.compat,
  });
  const heard = new HeardUpdates();
  const takeLag = lagWatch();
  const listeners = new Map<RequestPort, ListenHandle>();
  const finished = Promise.withResolvers<void>();
  engine.balancer.health.onEjection = (endpoint) => port.post({ kind: "ejected", endpoint });
  access.keySets.onChange(() => port.post({ kind: "key-problems", problems: access.keySets.problems() }));

  function say(line: string): void {
    if (shared.unread.take(Buffer.byteLength(line), { lines: 1, isAccessLog: false })) port.post({ kind: "log", line });
  }

  function writeAccessLog(lines: Buffer): void {
    if (!shared.unread.take(lines.length, { lines: linesIn(lines), isAccessLog: true })) return;
    port.post({ kind: "access-log", lines }, [lines.buffer as ArrayBuffer]);
  }

  async function report(): Promise<void> {
    const parts = takeReport(serving, takeLag());
    for (const [at, part] of parts.entries()) {
      if (at > 0) await nextTurn();
      port.post({ kind: "report", report: part, isLast: at === parts.length - 1 });
    }
  }

  function listen(name: RequestPort, bound: number): void {
    const listener = listenWithRetry(serving.servers[name], {
      name,
      port: bound,
      address,
      log,
      sharesPort: true,
      onListening: (listened) => port.post({ kind: "listening", name, port: listened }),
      onProblem: ({ what, why }) => port.post({ kind: "cannot-listen", name, why: `${what}: ${why}` }),
    });
    listeners.set(name, listener);
  }

  async function finish(timeoutMs: number): Promise<void> {
    await serving.finish(listeners, timeoutMs);
    await report();
    finished.resolve();
  }

  function hear(message: ToServer): void {
    switch (message.kind) {
      case "routes":
        return engine.useRoutes(routes.update(message.changes));
      case "told": {
        const update = heard.hear(message.told);
        if (update.kind === "certificates" || update.kind === "default-certificate") return certificates.use(update);
        return serving.use(update);
      }
      case "listen":
        return listen(message.name, message.port);
      case "report":
        return void report();
      case "suspect":
        return engine.balancer.health.onIdleDeath({ key: message.endpoint });
      case "drain":
        engine.drain();
        for (const listener of listeners.values()) listener.stopTrying();
        return undefined;
      case "finish":
        return void finish(message.timeoutMs);
    }
  }

  port.listen(hear);
  port.post({ kind: "started" });
  await finished.promise;
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
}
