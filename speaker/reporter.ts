import type { FromWorker, SpeakerCounters, SpeakerState } from "./messages.ts";
import { printIp } from "#src/ip/address.ts";
import type { Handover } from "#src/election/handovers.ts";
import { ToldOnce } from "#src/model/told-once.ts";

/** State and counters go to the main thread at most this often. */
const REPORT_MS = 200;
/** At most this much later where addresses are changing hands: to print a thousand of them takes some milliseconds. */
const BUSY_MS = 1_000;
/** The state less often the larger it is: so much longer for each address in it. */
const REPORT_MS_PER_ADDRESS = 0.5;
/** A log line names at most this many addresses of each kind. */
const NAMED_ADDRESSES = 10;

export interface ReporterOptions {
  state(): SpeakerState;
  /** How many addresses the state is about. */
  size(): number;
  counters(): SpeakerCounters;
  post(message: FromWorker): void;
}

/** Tells the main thread what the speaker does, at a bounded rate. */
export class Reporter {
  readonly #options: ReporterOptions;
  #reportedMs = 0;
  #stateMs = 0;
  #isDue = true;
  readonly #told = new ToldOnce();
  /** To be logged, and since when. */
  #changes: Handover[] = [];
  #changedMs = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Says that the state may have changed. */
  markDue(): void {
    this.#isDue = true;
  }

  /** Sends counters, and the state if it changed, unless that was done a moment ago. `isBusy`: clients wait for something else. */
  report(nowMs: number, { isBusy }: { readonly isBusy: boolean }): void {
    if (nowMs - this.#reportedMs < (isBusy ? BUSY_MS : REPORT_MS)) return;
    this.#reportedMs = nowMs;
    this.#options.post({ kind: "counters", counters: this.#options.counters() });
    if (!this.#isDue || nowMs - this.#stateMs < this.#options.size() * REPORT_MS_PER_ADDRESS) return;
    this.#isDue = false;
    this.#stateMs = nowMs;
    const state = this.#options.state();
    if (this.#told.isNews("state", [JSON.stringify(state)])) this.#options.post({ kind: "state", state });
  }

  /** The machine gave this speaker no CPU, or was suspended. */
  logStall(stallMs: number): void {
    const fix = "Give the speaker CPU: requests in its manifest, fewer pods on the node";
    const data = { stallMs: Math.round(stallMs), fix };
    this.#options.post({ kind: "log", level: "warn", msg: "this speaker did not run for a while", data });
  }

  /** Addresses came or went; to be logged with those that do so in the same moment. */
  noteChanges(handovers: readonly Handover[], nowMs: number): void {
    if (this.#changes.length === 0) this.#changedMs = nowMs;
    this.#changes.push(...handovers);
  }

  /** One line for all addresses that came or went since the last one; none where there are none. `isBusy`: more of them are changing hands. */
  logChanges(members: number, nowMs: number, { isBusy }: { readonly isBusy: boolean }): void {
    const handovers = this.#changes;
    if (handovers.length === 0 || (isBusy && nowMs - this.#changedMs < BUSY_MS)) return;
    this.#changes = [];
    const [gained, lost] = [true, false].map((isGain) => handovers.filter((one) => one.isGain === isGain));
    const named = (some: readonly Handover[] = []) => some.slice(0, NAMED_ADDRESSES).map(({ ip }) => printIp(ip));
    const causes: Record<string, number> = {};
    for (const { cause, from } of handovers) {
      const text = from === "" ? cause : `${cause} ${from}`;
      causes[text] = (causes[text] ?? 0) + 1;
    }
    const counts = { announced: gained?.length, withdrawn: lost?.length, members };
    const data = { ...counts, causes, gained: named(gained), lost: named(lost) };
    this.#options.post({ kind: "log", level: "info", msg: "announcements changed", data });
  }
}
