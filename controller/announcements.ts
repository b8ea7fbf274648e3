import { printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ANNOUNCED } from "#src/model/service-status.ts";
import { Patience } from "./patience.ts";
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
  readonly key: string;
  readonly object: KubeObject;
  readonly assignment: Assignment;
}

/** Judges of each Service whether each of its addresses is announced by one speaker, with patience. */
export class Announcements {
  readonly #missing = new Patience(MISSING_GRACE_MS);
  readonly #contested = new Patience(CONTESTED_GRACE_MS);

  /** What the condition `hawser.dev/Announced` shall say; undefined: it shall not be there. */
  judge({ key, object, assignment }: Subject, speakers: SpeakersView, nowMs: number): ConditionValue | undefined {
    // No speaker announces what is another provider's.
    const ips = assignment.reason === "AddressNotOurs" ? [] : assignment.addresses.map(printIp);
    const missing = ips.filter((ip) => !speakers.announced.has(ip));
    const conflict = findConflict(ips, speakers);
    if (missing.length === 0) this.#missing.forget(key);
    if (conflict === undefined) this.#contested.forget(key);
    if (ips.length === 0) return undefined;
    // A speaker cannot answer for an address that the status does not show yet.
    if (missing.length > 0 && !showsAddresses(object, assignment)) {
      this.#missing.forget(key);
      return PENDING_VALUE;
    }
    if (conflict !== undefined && !this.#contested.waits(key, nowMs))
      return conflict(readCondition(object, ANNOUNCED)?.message ?? "");
    if (missing.length > 0) {
      const isMissing = !this.#missing.waits(key, nowMs) && speakers.isComplete;
      return isMissing ? whyMissing(missing, speakers) : readCondition(object, ANNOUNCED);
    }
    return conflict !== undefined ? (readCondition(object, ANNOUNCED) ?? PENDING_VALUE) : ANNOUNCED_VALUE;
  }

  /** Those whose grace is over by now: each is named once, because it may have to wait for another reason. */
  due(nowMs: number): readonly string[] {
    return [...this.#missing.due(nowMs), ...this.#contested.due(nowMs)];
  }

  /** Those that no speaker answers for, for longer than the grace: what is said of them may depend on all speakers. */
  get lacking(): Iterable<string> {
    return this.#missing.over;
  }

  /** Milliseconds until the next grace ends, at least 0; undefined if none runs. */
  nextInMs(nowMs: number): number | undefined {
    const waits = [this.#missing.nextInMs(nowMs), this.#contested.nextInMs(nowMs)].filter((ms) => ms !== undefined);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#missing.forget(key);
    this.#contested.forget(key);
  }
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
