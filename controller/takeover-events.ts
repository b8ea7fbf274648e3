import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Takeover } from "#src/model/takeover.ts";
import type { EventRecord } from "#src/source/source.ts";
import { eventOf } from "./service-events.ts";

/**
 * Takeovers of before the first look that are reported all the same: the node that died may have been that of the
 * controller, and another one looks for the first time just then.
 */
const NEWS_MS = 60_000;

/**
 * Turns the takeovers in the speakers' reports into Events, one for each round, about the Node that has the addresses
 * now. Nothing is written on any Service: 1,000 addresses that move are one Event.
 */
export class TakeoverEvents {
  /** What each node's report said last. */
  readonly #known = new Map<string, ReadonlySet<string>>();

  /** The Events of rounds that were not seen before, the oldest first; `wallMs`: the time of day. */
  from(reports: readonly SpeakerReport[], wallMs: number): readonly EventRecord[] {
    const nodes = new Set(reports.map(({ node }) => node));
    for (const node of this.#known.keys()) if (!nodes.has(node)) this.#known.delete(node);
    return reports.flatMap(({ node, takeovers }) => {
      const known = this.#known.get(node);
      this.#known.set(node, new Set(takeovers.map(keyOfRound)));
      const isNews = (round: Takeover): boolean =>
        known === undefined ? wallMs - Date.parse(round.at) < NEWS_MS : !known.has(keyOfRound(round));
      return takeovers
        .filter((round) => isGain(node, round) && isNews(round))
        .toReversed()
        .map((round) => eventFor(node, round));
    });
  }
}

/** Addresses that another speaker had: the first owner of an address takes it from none. */
function isGain(node: string, { gained, from }: Takeover): boolean {
  return gained > 0 && from !== "" && from !== node;
}

function keyOfRound({ at, cause, from }: Takeover): string {
  return JSON.stringify([at, cause, from]);
}

function eventFor(node: string, { cause, from, gained, addresses }: Takeover): EventRecord {
  const count = gained === 1 ? "1 address" : `${gained} addresses`;
  const list = addresses.length === 0 ? "" : `: ${addresses.join(", ")}`;
  const message = `Took over ${count} from node "${from}" (${cause})${list}.`;
  return eventOf({ kind: "Node", namespace: "", name: node }, { reason: "TakenOver", message });
}
