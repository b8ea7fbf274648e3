import { assignment, deadNode, exhausted, owner, pages, plannedMove } from "./chapters.ts";
import { drainedNode } from "./drained-node.ts";
import { explained } from "./explained.ts";
import { otherMachine } from "./other-machine.ts";
import { shownPage } from "./shown-page.ts";
import type { Stage } from "./stage.ts";

/** What the story found out, and what `--keep` needs of it. */
export interface Told {
  readonly gapMs?: number;
  readonly movedLost?: number;
  /** The address of the page. */
  readonly page?: string;
  /** Tells what a chapter began and what takes longer than the chapters after it, and ends it. */
  readonly rest?: () => Promise<void>;
}

type Chapter = (stage: Stage, ip: string) => Promise<Told | void>;

/** The chapters of the story after the first one, in which a Service gets an address: `--tour` takes any of them. */
export const CHAPTERS: Readonly<Record<string, Chapter>> = {
  arp: owner,
  pages,
  crash: async (stage, ip) => ({ gapMs: await deadNode(stage, ip) }),
  move: async (stage, ip) => ({ movedLost: await plannedMove(stage, ip) }),
  drain: drainedNode,
  conflict: async (stage, ip) => ({ rest: await otherMachine(stage, ip) }),
  exhausted,
  explain: explained,
  page: async (stage) => ({ page: await shownPage(stage) }),
};

/** Tells these chapters, all where none is named, in the order of the story. */
export async function tour(stage: Stage, names: readonly string[]): Promise<Told> {
  const ip = await assignment(stage);
  let told: Told = {};
  for (const [name, tell] of Object.entries(CHAPTERS))
    if (names.length === 0 || names.includes(name)) told = { ...told, ...(await tell(stage, ip)) };
  await told.rest?.();
  return told;
}
