import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { type ListenHandle, type ListenOptions, listenWithRetry } from "#src/process/listen.ts";
import { Engine } from "./engine/engine.ts";
import type { Limits } from "./engine/limits.ts";
import { ConnectionGate } from "./io/connection-gate.ts";
import type { Io } from "./io/io.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;
/** How often it is looked whether requests are still under way. */
const DRAIN_LOOK_MS = 20;

/** A server that answers each request with 404, because it has no routes. */
export interface DefaultBackend {
  listen(options: Omit<ListenOptions, "name">): void;
  /** From now on the next answer of each connection is its last, and a port that is not ours yet is not waited for. */
  drain(): void;
  /** Stops accepting, waits for requests that are under way at most so long, and closes everything. */
  finish(timeoutMs: number): Promise<void>;
}

/** Makes this server; it does not listen yet. */
export function defaultBackend(limits: Partial<Limits>, io: Io): DefaultBackend {
  const engine = new Engine({ connect: io.connect, clockMs: monotonicMs, wallMs, limits });
  const ticker = setInterval(() => engine.tick(), TICK_MS);
  const gate = new ConnectionGate(engine.limits);
  const server = io.plainServer({ accept: (connection) => engine.accept(connection), gate }, engine.buffers);
  let listener: ListenHandle | undefined;
  return {
    listen(options) {
      listener = listenWithRetry(server, { ...options, name: "default-backend" });
    },
    drain() {
      engine.drain();
      listener?.stopTrying();
    },
    async finish(timeoutMs) {
      listener?.close();
      const endMs = monotonicMs() + timeoutMs;
      while (engine.closeIdle() > 0 && monotonicMs() < endMs) await sleep(DRAIN_LOOK_MS);
      engine.close();
      clearInterval(ticker);
    },
  };
}
