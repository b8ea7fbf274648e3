import { writeAll } from "#src/status/write-all.ts";
import { type PlannedWrite, writesAddresses } from "./plan-write.ts";

/** Patches under way at once: enough to hide the API server's latency, few enough not to be throttled by it. */
const PATCHES_AT_ONCE = 16;
/** So many of the patches that write no address are always made; the others wait where something changes meanwhile. */
const CONDITIONS_AT_LEAST = 64;

/** What may end the work early, asked before each write. */
interface Gate {
  /** Whether this program may write. */
  readonly mayWrite: () => boolean;
  /** Whether objects changed that this round did not write: a new Service may be waiting. */
  readonly isDisturbed: () => boolean;
}

/**
 * Makes the writes: several at once, in the order they were decided, addresses first. False: more is to be written,
 * after another look.
 */
export async function applyAssignments(
  planned: readonly PlannedWrite[],
  { mayWrite, isDisturbed }: Gate,
  write: (one: PlannedWrite) => Promise<void>,
): Promise<boolean> {
  const { urgent = [], late = [] } = Object.groupBy(planned, (one) => (writesAddresses(one) ? "urgent" : "late"));
  const first = [...urgent, ...late.slice(0, CONDITIONS_AT_LEAST)];
  await writeAll(first, { atOnce: PATCHES_AT_ONCE, goOn: mayWrite, write });
  const goOn = () => mayWrite() && !isDisturbed();
  return writeAll(late.slice(CONDITIONS_AT_LEAST), { atOnce: PATCHES_AT_ONCE, goOn, write });
}
