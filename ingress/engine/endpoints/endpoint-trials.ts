import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { Connect, Connection } from "#ingress/io/connection.ts";
import type { EndpointHealth } from "./endpoint-health.ts";

interface Trial {
  readonly connection: Connection;
  readonly endsMs: number;
  readonly end: (outcome: "reachable" | "refused" | "silent") => void;
}

export interface EndpointTrialsOptions {
  readonly connect: Connect;
  readonly health: EndpointHealth;
  /** Longer without a connection is a sign of death. */
  readonly connectMs: number;
  readonly nowMs: () => number;
}

/** Finds out whether skipped endpoints are back, by opening a connection and nothing more: no request waits for it. */
export class EndpointTrials {
  readonly #options: EndpointTrialsOptions;
  /** By endpoint key: at most one for each that is skipped. */
  readonly #open = new Map<string, Trial>();

  constructor(options: EndpointTrialsOptions) {
    this.#options = options;
  }

  /** Tries an endpoint; `endpoints` are all of its backend. */
  start(endpoint: BackendEndpoint, endpoints: readonly BackendEndpoint[]): void {
    const { connect, connectMs, health, nowMs } = this.#options;
    if (this.#open.has(endpoint.key)) return;
    const end: Trial["end"] = (outcome) => {
      if (!this.#open.delete(endpoint.key)) return;
      if (outcome === "reachable") health.onSuccess(endpoint);
      else health.onFailure(endpoint, endpoints, outcome === "silent");
      connection.close();
    };
    const ignore = (): void => undefined;
    const connection = connect(endpoint, {
      onConnect: () => end("reachable"),
      onClose: () => end("refused"),
      onData: () => false,
      onEnd: ignore,
      onDrain: ignore,
      onSendFailure: ignore,
    });
    this.#open.set(endpoint.key, { connection, endsMs: nowMs() + connectMs, end });
  }

  /** Ends trials that take too long. Call it several times a second. */
  tick(): void {
    if (this.#open.size === 0) return;
    for (const { endsMs, end } of this.#open.values()) if (endsMs <= this.#options.nowMs()) end("silent");
  }

  close(): void {
    for (const { connection } of this.#open.values()) connection.close();
    this.#open.clear();
  }
}
