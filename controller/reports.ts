import { announcedAddresses } from "#src/model/report.ts";

type Report = Readonly<Record<string, unknown>>;

/** What the speakers say, put together. */
export interface SpeakersSay {
  /** Live speakers, and those of them that stand for election. */
  readonly speakers: number;
  readonly ready: number;
  /** Addresses that a speaker answers for, canonical text. */
  readonly announced: ReadonlySet<string>;
  /** False where a report was too long and lost its end: an address that is not in `announced` may be announced. */
  readonly isComplete: boolean;
}

/** Reads the reports of speakers, each version of one once; reports of other programs are passed over. */
export class ReportReader {
  readonly #read = new WeakMap<Report, ReadonlySet<string>>();
  #last: { readonly reports: ReadonlyMap<string, Report>; readonly say: SpeakersSay } | undefined;

  /** The same value while the reports are the same map. */
  read(reports: ReadonlyMap<string, Report>): SpeakersSay {
    if (this.#last?.reports !== reports) this.#last = { reports, say: this.#put(reports) };
    return this.#last.say;
  }

  #put(reports: ReadonlyMap<string, Report>): SpeakersSay {
    const live = liveOf([...reports.values()].filter((report) => Array.isArray(report["announcing"])));
    const announced = new Set<string>();
    for (const report of live) for (const ip of this.#addressesOf(report)) announced.add(ip);
    return {
      speakers: live.length,
      ready: live.filter(({ ready }) => ready === true).length,
      announced,
      isComplete: !live.some(({ shortened }) => shortened === true),
    };
  }

  #addressesOf(report: Report): ReadonlySet<string> {
    const known = this.#read.get(report);
    if (known !== undefined) return known;
    const addresses = announcedAddresses(report);
    this.#read.set(report, addresses);
    return addresses;
  }
}

/**
 * A speaker that died leaves its report behind. The others hear its heartbeats no more, so they say who lives: one that
 * none of them lists is dead, where any of them is ready and lists members at all.
 */
function liveOf(reports: readonly Report[]): readonly Report[] {
  const heard = new Map<unknown, Set<unknown>>();
  for (const { node, ready, members } of reports) {
    if (ready !== true || !Array.isArray(members)) continue;
    heard.set(node, new Set((members as readonly Report[]).map((member) => member["node"])));
  }
  const isHeard = ({ node }: Report): boolean => {
    const others = [...heard].filter(([other]) => other !== node);
    return others.length === 0 || others.some(([, members]) => members.has(node));
  };
  return reports.filter(isHeard);
}
