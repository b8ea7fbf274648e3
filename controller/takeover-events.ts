import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Takeover, TakeoverCause } from "#src/model/takeover.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

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

/**
 * Turns the takeovers in the speakers' reports into Events, one for each round, about the Node that has the addresses
 * now. Nothing is written on any Service: 1,000 addresses that move are one Event.
 */
export class TakeoverEvents {
  /** The rounds in the last report of each node: since when each is known; undefined where its Event is written. */
  readonly #seenMs = new Map<string, ReadonlyMap<string, number | undefined>>();

  /** The Events that are due, the oldest of a node first. Each round is one, when it has settled. */
  due(reports: readonly SpeakerReport[], now: Now): readonly EventRecord[] {
    const nodes = new Set(reports.map(({ node }) => node));
    for (const node of this.#seenMs.keys()) if (!nodes.has(node)) this.#seenMs.delete(node);
    return reports.flatMap((report) => this.#dueOf(report, now));
  }

  #dueOf({ node, takeovers }: SpeakerReport, { wallMs, nowMs }: Now): readonly EventRecord[] {
    const before = this.#seenMs.get(node);
    const seenMs = new Map<string, number | undefined>();
    const events: EventRecord[] = [];
    for (const round of takeovers.filter((one) => isGain(node, one)).toReversed()) {
      const key = keyOfRound(round);
      const isOld = before === undefined && !(wallMs - Date.parse(round.at) < NEWS_MS);
      const sinceMs = before?.has(key) === true ? before.get(key) : isOld ? undefined : nowMs;
      const isDue = sinceMs !== undefined && nowMs - sinceMs >= SETTLED_MS;
      if (isDue) events.push(eventFor(node, round));
      seenMs.set(key, isDue ? undefined : sinceMs);
    }
    this.#seenMs.set(node, seenMs);
    return events;
  }

  /** Milliseconds until the next Event is due, at least 0; undefined if none is. */
  nextInMs(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const rounds of this.#seenMs.values())
      for (const sinceMs of rounds.values())
        if (sinceMs !== undefined) nextMs = Math.min(nextMs ?? Infinity, sinceMs + SETTLED_MS - nowMs);
    return nextMs === undefined ? undefined : Math.max(0, nextMs);
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
  const event = eventOf({ kind: "Node", namespace: "", name: node }, { reason: "TakenOver", message });
  return UNPLANNED.includes(cause) ? { ...event, type: "Warning" } : event;
}
