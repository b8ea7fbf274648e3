import type { Server } from "node:net";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { Engine } from "./engine/engine.ts";
import type { Limits } from "./engine/limits.ts";
import { ConnectionGate } from "./io/connection-gate.ts";
import type { Io } from "./io/io.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;

/** What answers each request with 404, because it has no routes. Its server does not listen yet. */
export function defaultBackend(
  limits: Partial<Limits>,
  io: Io,
): {
  readonly server: Server;
  readonly engine: Pick<Engine, "drain" | "closeIdle">;
  close(): void;
} {
  const engine = new Engine({ connect: io.connect, clockMs: monotonicMs, wallMs, limits });
  const ticker = setInterval(() => engine.tick(), TICK_MS);
  const gate = new ConnectionGate(engine.limits);
  return {
    server: io.plainServer({ accept: (connection) => engine.accept(connection), gate }, engine.buffers),
    engine,
    close() {
      engine.close();
      clearInterval(ticker);
    },
  };
}
