import type { BasicAuth } from "#src/auth/basic-auth.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import type { Problem } from "#src/model/problem.ts";
import type { BackOff } from "#src/process/back-off.ts";
import { delay } from "#src/process/clock.ts";
import type { ListenHandle } from "#src/process/listen.ts";
import type { Logger } from "#src/process/log.ts";
import { type ThreadDeath, ThreadSlot } from "#src/process/thread-slot.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import type { GivenOptions } from "#ingress/given-options.ts";
import { readLimits } from "#ingress/limit-options.ts";
import { REQUEST_PORTS, type RequestPort, requestPorts } from "#ingress/server/request-ports.ts";
import type { ListenEvents, Servers } from "#ingress/server/servers.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import { tryPort } from "./try-port.ts";
import { makeSharedMemory, openSharedMemory } from "./shared-memory.ts";
import { SummedFigures } from "./summed-figures.ts";
import { toldCertificates } from "./told-certificates.ts";
import { ToldUpdates, type WorkerUpdate } from "./told-updates.ts";
import { UnreadBytes } from "./unread-bytes.ts";
import type { FromServer, ToServer, WorkerStart } from "./worker-start.ts";
import { WorkerSilence } from "./worker-silence.ts";

/** How long figures wait for a worker that is busy; those that it said before are used then. */
const REPORT_MS = 500;
/** How often workers report unasked, so that one that dies takes few counts with it. */
const REPORT_EVERY_MS = 5_000;
/** How long there is no worker after one has ended. */
const BACK_OFF: BackOff = { firstMs: 50, longestMs: 10_000 };
/** How much longer than requests may take a worker may take to end. */
const GRACE_MS = 2_000;

export interface WorkerServersOptions extends GivenOptions {
  /** Two or more. */
  readonly workers: number;
  readonly certificates: Certificates;
  readonly hasLimitStore: boolean;
  readonly address: string;
  readonly log: Logger;
  /** Takes a whole line of the log. */
  readonly writeLine: (line: string) => void;
  /** Takes whole lines of the access log, in a buffer that is its own from then on. */
  readonly writeAccessLog: (lines: Buffer) => void;
  /** Hears of lines that a worker has dropped, because too many waited. */
  readonly onDropped: (lines: number) => void;
}

/** What is known of one worker. */
interface Place {
  readonly slot: ThreadSlot<FromServer, ToServer>;
  readonly unread: UnreadBytes;
  readonly silence: WorkerSilence;
  /** Resolved when one has started here. */
  readonly started: PromiseWithResolvers<void>;
  readonly listening: Map<RequestPort, number>;
  /** Called when the reports that it was asked for are here. */
  readonly waiting: (() => void)[];
  keyProblems: readonly Problem[];
}

/** Servers in worker threads, one for each core, which share the ports. */
export class WorkerServers implements Servers {
  readonly figures: SummedFigures;
  readonly certificates: Servers["certificates"];
  readonly tokenKeys: Servers["tokenKeys"];
  readonly started: Promise<void>;
  readonly workers: Servers["workers"] = {
    serving: () => this.#places.filter(({ listening }) => listening.size === REQUEST_PORTS.length).length,
    deaths: () => this.#deaths,
    lags: () => new Map(Array.from(this.figures.takeLags(), ([index, seconds]) => [index + 1, seconds])),
  };
  readonly #options: WorkerServersOptions;
  readonly #shared: ReturnType<typeof openSharedMemory>;
  readonly #places: readonly Place[];
  readonly #told = new ToldUpdates();
  readonly #ports = new Map<RequestPort, number>();
  readonly #trials: ListenHandle[] = [];
  readonly #ticker: NodeJS.Timeout;
  #everything: Parameters<Servers["useRoutes"]>[2] | undefined;
  #events: ListenEvents | undefined;
  #onKeysChange: () => void = () => undefined;
  #passwords: ReadonlyMap<string, unknown> = new Map();
  #refreshing: Promise<void> | undefined;
  #isDraining = false;
  #deaths = 0;

  constructor(options: WorkerServersOptions) {
    this.#options = options;
    const { workers, certificates, given, env, address, options: values } = options;
    const memory = makeSharedMemory(workers, { ...DEFAULT_LIMITS, ...readLimits(values) });
    this.#shared = openSharedMemory(memory, workers);
    this.figures = new SummedFigures({ countsSeries: values.nginxMetrics, hasLimitStore: options.hasLimitStore });
    this.certificates = toldCertificates(certificates, (update) => this.#tell(update));
    this.tokenKeys = {
      useObjects: (sets) => this.#tell({ kind: "token-keys", sets }),
      follow: (uris) => this.#tell({ kind: "token-uris", uris }),
      problems: () => this.#keyProblems(),
      onChange: (use) => (this.#onKeysChange = use),
    };
    this.#places = Array.from({ length: workers }, (_, index) => {
      const { fallback } = certificates;
      const start: WorkerStart = { index, options: values, given, env, address, fallback, memory };
      return {
        slot: new ThreadSlot<FromServer, ToServer>({
          program: new URL("../worker.ts", import.meta.url),
          worker: { workerData: start, name: `worker ${index + 1}` },
          backOff: BACK_OFF,
          onAgain: () => this.#tellAll(index),
          onMessage: (message) => this.#hear(index, message),
          onDeath: (why) => this.#bury(index, why),
        }),
        unread: new UnreadBytes(memory.unread, index),
        silence: new WorkerSilence(),
        started: Promise.withResolvers<void>(),
        listening: new Map<RequestPort, number>(),
        waiting: [],
        keyProblems: [],
      };
    });
    this.started = Promise.all(this.#places.map(({ started }) => started.promise)).then(() => undefined);
    this.#ticker = setInterval(() => this.#look(), REPORT_EVERY_MS);
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  useRoutes: Servers["useRoutes"] = (_table, changes, everything) => {
    this.#everything = everything;
    this.#post({ kind: "routes", changes });
  };

  tell: Servers["tell"] = (update) => {
    if (update.kind === "passwords") this.#passwords = update.lists;
    this.#tell(update);
  };

  knowsPasswords(basic: BasicAuth): boolean {
    return this.#passwords.has(passwordKey(basic));
  }

  listen(events: ListenEvents): void {
    const { options, address, log } = this.#options;
    this.#events = events;
    const ports = requestPorts(options);
    for (const name of REQUEST_PORTS)
      this.#trials.push(
        tryPort(
          {
            name,
            port: ports[name],
            address,
            log,
            onProblem: ({ what, why }) => events.onProblem(name, `${what}: ${why}`),
          },
          (port) => {
            if (this.#isDraining) return;
            this.#ports.set(name, port);
            this.#post({ kind: "listen", name, port });
          },
        ),
      );
  }

  drain(): void {
    this.#isDraining = true;
    for (const trial of this.#trials) trial.stopTrying();
    this.#post({ kind: "drain" });
  }

  async finish(timeoutMs: number): Promise<void> {
    clearInterval(this.#ticker);
    for (const trial of this.#trials) trial.close();
    await Promise.all(this.#places.map(({ slot }) => slot.finish({ kind: "finish", timeoutMs }, timeoutMs + GRACE_MS)));
  }

  /** Ends one worker at once, as a fault would. */
  async kill(index: number): Promise<void> {
    await this.#places[index]?.slot.kill();
  }

  #post(message: ToServer): void {
    for (const { slot } of this.#places) slot.post(message);
  }

  #tell(update: WorkerUpdate): void {
    const told = this.#told.tell(update);
    if (told !== undefined) this.#post({ kind: "told", told });
  }

  /** What one that takes the place of another has to know. */
  #tellAll(index: number): void {
    const { slot } = this.#places[index]!;
    for (const told of this.#told.everything()) slot.post({ kind: "told", told });
    if (this.#everything !== undefined) slot.post({ kind: "routes", changes: this.#everything() });
    for (const [name, port] of this.#ports) slot.post({ kind: "listen", name, port });
    if (this.#isDraining) slot.post({ kind: "drain" });
  }

  #hear(index: number, message: FromServer): void {
    const place = this.#places[index]!;
    place.silence.heard();
    switch (message.kind) {
      case "started":
        return place.started.resolve();
      case "listening":
        place.listening.set(message.name, message.port);
        return this.#sayListening(message.name);
      case "cannot-listen":
        return this.#events?.onProblem(message.name, message.why);
      case "report":
        this.figures.add(index, message.report);
        if (message.isLast) place.waiting.shift()?.();
        return this.#countDropped(place);
      case "key-problems":
        place.keyProblems = message.problems;
        return this.#onKeysChange();
      case "ejected":
        for (const other of this.#places)
          if (other !== place) other.slot.post({ kind: "suspect", endpoint: message.endpoint });
        return;
      case "log":
        place.unread.written(Buffer.byteLength(message.line));
        return this.#options.writeLine(message.line);
      case "access-log": {
        const { buffer, byteOffset, length } = message.lines;
        place.unread.written(length);
        return this.#options.writeAccessLog(Buffer.from(buffer, byteOffset, length));
      }
    }
  }

  /** At the start all have to listen; later the others serve while one is replaced. */
  #sayListening(name: RequestPort): void {
    const listening = this.#places.filter((one) => one.listening.has(name));
    if (listening.length < this.#places.length) return;
    const port = listening[0]?.listening.get(name);
    this.#events?.onListening(name, `port ${port}, ${listening.length} workers`);
  }

  #bury(index: number, why: ThreadDeath): void {
    const place = this.#places[index]!;
    const { log } = this.#options;
    this.#deaths += 1;
    log.error(
      { ...why, worker: index + 1 },
      "a worker ended; its connections are lost, and another one takes its place",
    );
    this.#shared.clear(index);
    this.figures.forget(index);
    this.#countDropped(place);
    place.silence.ended();
    place.listening.clear();
    place.keyProblems = [];
    for (const resolve of place.waiting.splice(0)) resolve();
    for (const name of REQUEST_PORTS)
      if (!this.#places.some((one) => one.listening.has(name))) this.#events?.onProblem(name, "no worker serves");
  }

  #countDropped({ unread }: Place): void {
    const dropped = unread.takeDropped();
    if (dropped > 0) this.#options.onDropped(dropped);
  }

  /** Ends workers that answer no longer, and asks all others. */
  #look(): void {
    for (const [index, { slot, silence }] of this.#places.entries()) {
      if (!silence.look()) continue;
      this.#options.log.error({ worker: index + 1 }, "a worker does not answer, and is ended");
      void slot.kill();
    }
    void this.refresh();
  }

  async #refresh(): Promise<void> {
    const late = new AbortController();
    const reports = this.#places.map(({ slot, waiting }) => {
      if (!slot.isRunning) return Promise.resolve();
      slot.post({ kind: "report" });
      const here = Promise.withResolvers<void>();
      waiting.push(here.resolve);
      return here.promise;
    });
    await Promise.race([Promise.all(reports), delay(REPORT_MS, late.signal).catch(() => undefined)]);
    late.abort();
  }

  /** Each worker says the same of a URI that fails for all. */
  #keyProblems(): readonly Problem[] {
    const all = this.#places.flatMap(({ keyProblems }) => keyProblems);
    return [...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()];
  }
}
