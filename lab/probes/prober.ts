import { fileURLToPath } from "node:url";
import type { ProbeRecord } from "./gap.ts";
import type { Host } from "#lab/rack/host.ts";
import { applyProbeEvent, parseProbeEvent, type ProbeSettings } from "./probe-event.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";

const PROGRAM = fileURLToPath(new URL("prober-main.ts", import.meta.url));
/** Records kept, the newest: over a quarter of an hour at one probe a millisecond. */
const RECORD_LIMIT = 1_000_000;
const TCP_TIMEOUT_MS = 800;
/** Answers come in order, give or take a few: a probe that so many later ones have overtaken is not a good one. */
const OVERTAKEN_BY = 5;

export type ProberOptions = Pick<ProbeSettings, "mode" | "target" | "port" | "everyMs"> & Partial<ProbeSettings>;

/**
 * A process on a host (usually the client) that probes one target in an open loop and records what became of each
 * probe: what a user of the service would see.
 * @example
 * const prober = await Prober.start(rack.client, { mode: "udp", target: vip, port: 7001, everyMs: 2 });
 * await prober.waitForGood(50);
 * const { effectiveNs } = await rack.cutSilent(owner);
 * await prober.waitForGood(50);
 * const gapMs = gapAfter(await prober.stop(), effectiveNs);
 */
export class Prober {
  readonly #records = new Map<number, ProbeRecord>();
  #process: RackProcess | undefined;
  /** The newest sequence number of which anything was heard. */
  #newest = 0;
  /** All probes up to this one are judged: good, or not. */
  #judged = 0;
  /** How many good ones in a row end at `#judged`. */
  #goodRun = 0;
  /** The highest sequence numbers answered so far, in order. */
  #lastAnswered: number[] = [];

  private constructor() {}

  /** Starts probing; resolves with the first probe on its way. */
  static async start(host: Host, options: ProberOptions): Promise<Prober> {
    const settings: ProbeSettings = { timeoutMs: TCP_TIMEOUT_MS, host: options.target, path: "/", ...options };
    const prober = new Prober();
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    prober.#process = await host.spawn({
      name: `prober-${settings.mode}`,
      command: [process.execPath, PROGRAM, JSON.stringify(settings)],
      onLine: (line) => (line === "ready" ? resolve() : prober.#read(line)),
    });
    await Promise.race([ready, prober.#process.exited.then((code) => prober.#died(code))]);
    return prober;
  }

  #died(code: number): never {
    throw new Error(`the prober exited ${code}: ${this.#process?.lines.join("\n") ?? ""}`);
  }

  #read(line: string): void {
    const event = parseProbeEvent(line);
    if (event === undefined) return;
    const record = applyProbeEvent(this.#records.get(event.sequence), event);
    if (record === undefined) return;
    this.#records.set(event.sequence, record);
    this.#newest = Math.max(this.#newest, event.sequence);
    if (event.kind === "sent") this.#records.delete(event.sequence - RECORD_LIMIT);
    if (event.kind === "answered") {
      this.#lastAnswered = [...this.#lastAnswered, event.sequence].sort((a, b) => a - b).slice(-OVERTAKEN_BY);
    }
    if (event.kind !== "sent") this.#judge();
  }

  /** Follows the probes in the order sent; waits at one that may still be answered. */
  #judge(): void {
    for (
      let next = this.#records.get(this.#judged + 1);
      next !== undefined;
      next = this.#records.get(this.#judged + 1)
    ) {
      const isOpen = next.receivedNs === undefined && next.failure === undefined;
      const isOvertaken = this.#lastAnswered.length === OVERTAKEN_BY && (this.#lastAnswered[0] ?? 0) > next.sequence;
      if (isOpen && !isOvertaken) return;
      this.#judged = next.sequence;
      this.#goodRun = next.receivedNs === undefined ? 0 : this.#goodRun + 1;
    }
  }

  /** The records so far, in the order sent: those still on their way have no `receivedNs` yet. */
  get records(): readonly ProbeRecord[] {
    return [...this.#records.values()];
  }

  /** Resolves after `count` probes in a row, all sent after this call, were answered well. */
  async waitForGood(count: number, timeoutMs = 30_000): Promise<void> {
    const fromNs = process.hrtime.bigint();
    const running = this.#running();
    await until(
      `${count} good probes in a row (${running.name})`,
      () => {
        if (running.exitCode !== undefined) this.#died(running.exitCode);
        if (this.#goodRun < count) return false;
        return (this.#records.get(this.#judged - count + 1)?.sentNs ?? 0n) > fromNs;
      },
      { timeoutMs, lastSeen: () => this.#records.get(this.#newest) },
    );
  }

  /** Stops sending, waits for the answers still under way, and returns all records. */
  async stop(): Promise<readonly ProbeRecord[]> {
    const code = await this.#running().stop();
    if (code !== 0) this.#died(code);
    return this.records;
  }

  #running(): RackProcess {
    if (this.#process === undefined) throw new Error("the prober was not started");
    return this.#process;
  }
}
