import { parseIp, printIp } from "#src/ip/address.ts";

type Report = Readonly<Record<string, unknown>>;

/** What the speakers say, put together. */
export interface SpeakersSay {
  /** Speakers that report, and those of them that stand for election. */
  readonly speakers: number;
  readonly ready: number;
  /** Addresses that a speaker answers for, canonical text. */
  readonly announced: ReadonlySet<string>;
  /** False where a report was too long and lost its end: an address that is not in `announced` may be announced. */
  readonly isComplete: boolean;
}

/** Reads the reports of speakers, each version of one once; reports of other programs are passed over. */
export class ReportReader {
  readonly #read = new WeakMap<Report, readonly string[]>();
  #reports: ReadonlyMap<string, Report> | undefined;
  #say: SpeakersSay = { speakers: 0, ready: 0, announced: new Set(), isComplete: true };

  read(reports: ReadonlyMap<string, Report>): SpeakersSay {
    if (reports === this.#reports) return this.#say;
    this.#reports = reports;
    const said = [...reports.values()].filter((report) => Array.isArray(report["announcing"]));
    this.#say = {
      speakers: said.length,
      ready: said.filter(({ ready }) => ready === true).length,
      announced: new Set(said.flatMap((report) => this.#addressesOf(report))),
      isComplete: !said.some(({ shortened }) => shortened === true),
    };
    return this.#say;
  }

  #addressesOf(report: Report): readonly string[] {
    const known = this.#read.get(report);
    if (known !== undefined) return known;
    const addresses = (report["announcing"] as readonly unknown[]).flatMap(addressOf);
    this.#read.set(report, addresses);
    return addresses;
  }
}

/** An element of `announcing`: an address, or an object that has it under `ip`. */
function addressOf(element: unknown): readonly string[] {
  const text = typeof element === "object" && element !== null ? (element as Report)["ip"] : element;
  const ip = typeof text === "string" ? parseIp(text) : undefined;
  return ip === undefined ? [] : [printIp(ip)];
}
