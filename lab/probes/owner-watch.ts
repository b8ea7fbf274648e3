import { fileURLToPath } from "node:url";
import type { Host } from "#lab/rack/host.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import { type AskedRound, askedRounds } from "./asked-round.ts";

const PROGRAM = fileURLToPath(new URL("asked-main.ts", import.meta.url));
/** Between two questions: longer than an answer takes on a busy machine. */
const ASK_EVERY_MS = 20;
/** In so many questions one machine alone answers, once it is calm: a second. */
const CALM_ROUNDS = 50;

/** A host (usually the client) asks all the time who has an IPv4 address, as a client would: what more than one owner looks like. */
export class OwnerWatch {
  readonly #process: RackProcess;
  readonly #lines: string[];

  private constructor(process: RackProcess, lines: string[]) {
    this.#process = process;
    this.#lines = lines;
  }

  static async start(host: Host, ip: string): Promise<OwnerWatch> {
    const lines: string[] = [];
    const command = [process.execPath, PROGRAM, ip, host.mac, String(ASK_EVERY_MS)];
    return new OwnerWatch(
      await host.spawn({ name: "owner-watch", command, onLine: (line) => lines.push(line) }),
      lines,
    );
  }

  /** All questions so far, but for the last one. */
  get rounds(): readonly AskedRound[] {
    return askedRounds(this.#lines);
  }

  /** Resolves once one machine alone has answered for a second, always the same. */
  untilCalm(fromNs: bigint): Promise<true> {
    const isCalm = (): boolean => {
      const last = this.rounds.filter(({ askedNs }) => askedNs >= fromNs).slice(-CALM_ROUNDS);
      return last.length === CALM_ROUNDS && new Set(last.flatMap(({ macs }) => macs)).size === 1;
    };
    return until("one machine answers for a second", isCalm, { lastSeen: () => this.rounds.slice(-3) });
  }

  async stop(): Promise<readonly AskedRound[]> {
    await this.#process.kill();
    return this.rounds;
  }
}
