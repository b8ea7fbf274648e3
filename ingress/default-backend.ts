import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { type ListenHandle, type ListenOptions, listenWithRetry } from "#src/process/listen.ts";
import { Engine } from "./engine/engine.ts";
import type { Limits } from "./engine/limits.ts";
import { ConnectionGate } from "./io/connection-gate.ts";
import type { Io } from "./io/io.ts";
import { runEngine } from "./server/run-engine.ts";
import { stopAccepting } from "./server/stop-accepting.ts";

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
  const running = runEngine(engine);
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
      const accepting = listener === undefined ? [] : [{ server, listener }];
      const leftMs = await stopAccepting(accepting, { timeoutMs, accepted: () => gate.arrived });
      await running.finish(leftMs, () => gate.size);
    },
  };
}
