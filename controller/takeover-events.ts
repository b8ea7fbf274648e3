import { counted } from "#src/model/counted.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Takeover, TakeoverCause } from "#src/model/takeover.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";
import { Patience } from "./patience.ts";

/**
 * Takeovers so long before the first round still get an Event: the node that died may have been that of the controller,
 * and another replica has taken over just then.
 */
const NEWS_MS = 60_000;

/** A round is still growing when it is seen first: claims of thousands of addresses arrive over many heartbeats. */
const SETTLED_MS = 2_000;

/** Unplanned causes: an operator finds their Events among the warnings. */
const UNPLANNED: readonly string[] = ["MemberSilent", "Conflict"] satisfies readonly TakeoverCause[];

interface Now {
  /** The time of day. */
  readonly wallMs: number;
  /** On any steady clock. */
  readonly nowMs: number;
}

/** A round, and the node that has the addresses now. */
type Reported = readonly [node: string, round: Takeover];

/**
 * Turns the takeovers in the speakers' reports into Events, one for each round, about the Node that has the addresses
 * now. Nothing is written on any Service: 1,000 addresses that move are one Event.
 */
export class TakeoverEvents {
  readonly #patience = new Patience(SETTLED_MS);
  /** The nodes whose reports were seen last. */
  #nodes: ReadonlySet<string> = new Set();

  /** The Events that are due, the oldest of a node first. Each round is one, when it has settled. */
  due(reports: readonly SpeakerReport[], { wallMs, nowMs }: Now): readonly EventRecord[] {
    const rounds = new Map<string, Reported>();
    for (const { node, takeovers } of reports)
      for (const round of takeovers.filter((one) => isGain(node, one)).toReversed()) {
        const key = JSON.stringify([node, round.at, round.cause, round.from]);
        rounds.set(key, [node, round]);
        const isNews = this.#nodes.has(node) || wallMs - Date.parse(round.at) < NEWS_MS;
        if (!isNews) this.#patience.skip(key);
      }
    this.#nodes = new Set(reports.map(({ node }) => node));
    return Array.from(this.#patience.due(rounds, nowMs), ([node, round]) => eventFor(node, round));
  }

  /** Milliseconds until the next Event is due, at least 0; undefined if none is. */
  nextInMs(nowMs: number): number | undefined {
    return this.#patience.nextInMs(nowMs);
  }
}

/** Addresses that another speaker had: the first owner of an address takes it from none. */
function isGain(node: string, { gained, from }: Takeover): boolean {
  return gained > 0 && from !== "" && from !== node;
}

function eventFor(node: string, { cause, from, gained, addresses }: Takeover): EventRecord {
  const count = counted(gained, "address", "addresses");
  const list = addresses.length === 0 ? "" : `: ${addresses.join(", ")}`;
  const message = `Took over ${count} from node "${from}" (${cause})${list}.`;
  const event = eventOf({ kind: "Node", namespace: "", name: node }, { reason: "TakenOver", message });
  return UNPLANNED.includes(cause) ? { ...event, type: "Warning" } : event;
}
