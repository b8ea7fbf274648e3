import type { Server } from "node:net";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { Engine } from "./engine/engine.ts";
import type { Limits } from "./engine/limits.ts";
import { ConnectionGate } from "./io/connection-gate.ts";
import { netConnect } from "./io/net.ts";
import { plainServer } from "./io/servers.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;

/** What answers each request with 404, because it has no routes. Its server does not listen yet. */
export function defaultBackend(limits: Partial<Limits>): {
  readonly server: Server;
  readonly engine: Pick<Engine, "drain" | "closeIdle">;
  close(): void;
} {
  const engine = new Engine({ connect: netConnect, clockMs: monotonicMs, wallMs, limits });
  const ticker = setInterval(() => engine.tick(), TICK_MS);
  const gate = new ConnectionGate(engine.limits);
  return {
    server: plainServer({ accept: (connection) => engine.accept(connection), gate }),
    engine,
    close() {
      engine.close();
      clearInterval(ticker);
    },
  };
}
