import { type Ip, printIp } from "#src/ip/address.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import { without } from "#src/model/leaving-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ANNOUNCED } from "#src/model/service-status.ts";
import type { SpeakersView } from "./speakers-reader.ts";
import { type ConditionValue, readCondition } from "#src/status/condition.ts";
import { showsAddresses } from "./status-patch.ts";
import { whyContested, whyForeign, whyHeld, whyMissing } from "./why-unannounced.ts";

/**
 * How long no speaker may answer for an address before its Service says so. Well above the time that a takeover takes,
 * and the reports of it in a busy cluster: a failover writes nothing on any Service.
 */
const MISSING_GRACE_MS = 30_000;
/**
 * How long several speakers or machines may answer for an address before its Service says so: one that leaves answers on for a
 * moment, and reports are a second apart. Shorter than the grace above, because connections break meanwhile.
 */
const CONTESTED_GRACE_MS = 10_000;

const ANNOUNCED_VALUE: ConditionValue = {
  status: "True",
  reason: "Announced",
  // Neither node nor address: a move of the announcement costs no write.
  message: "A speaker answers for every address.",
};

const PENDING_VALUE: ConditionValue = {
  status: "Unknown",
  reason: "AnnouncementPending",
  message: "Assigned just now. No speaker has reported yet that it answers.",
};

/** A Service, its decision and the object that shows its status. */
interface Subject {
  readonly object: KubeObject;
  /** With the addresses that leave the Service among the others. */
  readonly assignment: Assignment;
  /** Of them nothing is said: they go. */
  readonly leaving: readonly Ip[];
}

/** How long something has to last before it is said of a Service: when that time is over, on any steady clock; undefined: it is not so. */
export interface Graces {
  readonly missingUntilMs: number | undefined;
  readonly conflictUntilMs: number | undefined;
}

interface Judgement {
  /** What the condition `hawser.dev/Announced` shall say; undefined: it shall not be there. */
  readonly announced: ConditionValue | undefined;
  readonly graces: Graces;
}

/** Judges whether each address of a Service is announced by one speaker, with patience. */
export function judgeAnnouncement(
  { object, assignment, leaving }: Subject,
  before: Graces,
  { speakers, nowMs }: { readonly speakers: SpeakersView; readonly nowMs: number },
): Judgement {
  // No speaker announces what is another provider's.
  const ips = without(ownAddresses(assignment), leaving).map(printIp);
  const missing = ips.filter((ip) => !speakers.announced.has(ip));
  const conflict = findConflict(ips, speakers);
  const isMissing = missing.length > 0;
  const graces: Graces = {
    missingUntilMs: isMissing ? before.missingUntilMs : undefined,
    conflictUntilMs: conflict === undefined ? undefined : before.conflictUntilMs,
  };
  if (ips.length === 0) return { announced: undefined, graces };
  // A speaker cannot answer for an address that the status does not show yet.
  if (isMissing && !showsAddresses(object, assignment))
    return { announced: PENDING_VALUE, graces: { ...graces, missingUntilMs: undefined } };
  const present = readCondition(object, ANNOUNCED);
  const conflictUntilMs = conflict && (graces.conflictUntilMs ?? nowMs + CONTESTED_GRACE_MS);
  if (conflict !== undefined && conflictUntilMs !== undefined && nowMs >= conflictUntilMs)
    return { announced: conflict(present?.message ?? ""), graces: { ...graces, conflictUntilMs } };
  if (isMissing) {
    const missingUntilMs = graces.missingUntilMs ?? nowMs + MISSING_GRACE_MS;
    const isSaid = nowMs >= missingUntilMs && speakers.isComplete;
    return { announced: isSaid ? whyMissing(missing, speakers) : present, graces: { missingUntilMs, conflictUntilMs } };
  }
  const announced = conflict === undefined ? ANNOUNCED_VALUE : (present ?? PENDING_VALUE);
  return { announced, graces: { ...graces, conflictUntilMs } };
}

/**
 * What is to be said where several machines answer for some of the addresses; undefined where there are none such. It
 * takes the message that the condition has now.
 */
function findConflict(ips: readonly string[], speakers: SpeakersView): ((said: string) => ConditionValue) | undefined {
  const [contested, held, foreign] = [speakers.contested, speakers.held, speakers.foreign].map((byAddress) =>
    ips.filter((ip) => byAddress.has(ip)),
  ) as [string[], string[], string[]];
  if (contested.length > 0) return () => whyContested(contested, speakers);
  if (held.length > 0) return (said) => whyHeld(held, speakers, said);
  return foreign.length > 0 ? () => whyForeign(foreign, speakers) : undefined;
}
