import type { SpeakerView } from "#src/view/view-speakers.ts";

/** A node of the rack and what is known of its speaker. */
export interface NodeRow extends Pick<
  SpeakerView,
  "state" | "detail" | "alive" | "certain" | "reportedAt" | "interfaces" | "ineligible"
> {
  /** Its name. */
  readonly key: string;
  /** Addresses that it announces. */
  readonly announces: number;
  /** How many speakers it hears, itself included. */
  readonly hears: number;
  /** Members that it does not hear, or that do not hear it: the first of them. */
  readonly deafTo: readonly string[];
  /** The live speakers that say they do not hear it: the first of them. */
  readonly unheardBy: readonly string[];
  /** `ok`; `cut`: it runs, and heartbeats between it and others do not arrive; `down`: no speaker of it is believed; `unknown`. */
  readonly health: "ok" | "joining" | "cut" | "down" | "unknown";
}

/** Names of nodes in one list of a row. */
const NODES_NAMED = 8;

/** All nodes by name, those that are as they should be last. */
export function nodeRows(speakers: readonly SpeakerView[]): readonly NodeRow[] {
  const unheardBy = new Map<string, string[]>();
  for (const { node, unheard, alive } of speakers)
    if (alive) for (const one of unheard) unheardBy.set(one, [...(unheardBy.get(one) ?? []), node]);
  const rows = speakers.map((speaker) => rowOf(speaker, unheardBy.get(speaker.node) ?? []));
  return rows.toSorted((left, right) => Number(left.health === "ok") - Number(right.health === "ok"));
}

function rowOf(speaker: SpeakerView, unheardBy: readonly string[]): NodeRow {
  const { node, state, detail, alive, certain, reportedAt, interfaces, ineligible, announcing, members, unheard } =
    speaker;
  return {
    key: node,
    state,
    detail,
    alive,
    certain,
    reportedAt,
    interfaces,
    ineligible,
    announces: announcing.length,
    hears: members.length,
    deafTo: unheard.slice(0, NODES_NAMED),
    unheardBy: unheardBy.slice(0, NODES_NAMED),
    health: healthOf(speaker, unheardBy),
  };
}

function healthOf({ state, unheard }: SpeakerView, unheardBy: readonly string[]): NodeRow["health"] {
  if (state === "unknown") return "unknown";
  if (state !== "up" && state !== "joining") return "down";
  if (unheard.length > 0 || unheardBy.length > 0) return "cut";
  return state === "up" ? "ok" : "joining";
}
