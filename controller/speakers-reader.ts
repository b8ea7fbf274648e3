import { liveSpeakers, type ReadyNodes } from "#src/model/live-speakers.ts";
import type { Fields } from "#src/model/record.ts";
import { readSpeakerReport, type SpeakerReport } from "#src/model/speaker-report.ts";

/** What the speakers say, put together. */
export interface SpeakersView {
  /** Live speakers, and those of them that stand for election. */
  readonly count: number;
  readonly ready: number;
  /** Addresses that a speaker answers for, canonical text. */
  readonly announced: ReadonlySet<string>;
  /** False where a report was too long and lost its end: an address that is not in `announced` may be announced. */
  readonly isComplete: boolean;
}

type Reports = ReadonlyMap<string, Fields>;

/** Reads the reports of speakers, each version of one once; reports of other programs are passed over. */
export class SpeakersReader {
  readonly #read = new WeakMap<Fields, SpeakerReport>();
  #last: { readonly reports: Reports; readonly readyNodes: ReadyNodes; readonly speakers: SpeakersView } | undefined;

  /**
   * The Nodes that are Ready tell of speakers that died with the others. The same value while both are the same objects.
   */
  read(reports: Reports, readyNodes: ReadyNodes): SpeakersView {
    if (this.#last?.reports !== reports || this.#last.readyNodes !== readyNodes)
      this.#last = { reports, readyNodes, speakers: this.#put(reports, readyNodes) };
    return this.#last.speakers;
  }

  #put(reports: Reports, readyNodes: ReadyNodes): SpeakersView {
    const read = [...reports].flatMap(([name, report]) => this.#reportOf(name, report) ?? []);
    const live = [...liveSpeakers(read, readyNodes)];
    const announced = new Set<string>();
    for (const { announcing } of live) for (const ip of announcing) announced.add(ip);
    return {
      count: live.length,
      ready: live.filter(({ ready }) => ready).length,
      announced,
      isComplete: !live.some(({ isShortened }) => isShortened),
    };
  }

  #reportOf(name: string, report: Fields): SpeakerReport | undefined {
    const known = this.#read.get(report);
    if (known !== undefined) return known;
    const read = readSpeakerReport(name, report);
    if (read !== undefined) this.#read.set(report, read);
    return read;
  }
}
