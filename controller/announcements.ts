import { printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import { type Reason, REASONS } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import { ANNOUNCED, conditionOf } from "#src/model/service-status.ts";
import type { SpeakersView } from "./speakers-reader.ts";
import { type ConditionValue, showsAddresses } from "./status-patch.ts";

/**
 * How long nobody may answer for an address before its Service says so. Well above the time that a takeover takes, and
 * the reports of it in a busy cluster: a failover writes nothing on any Service.
 */
const GRACE_MS = 30_000;

const ANNOUNCED_VALUE: ConditionValue = {
  status: "True",
  reason: "Announced",
  // Neither node nor address: a move of the announcement costs no write.
  message: "A speaker answers for every address.",
};

const PENDING_VALUE: ConditionValue = {
  status: "Unknown",
  reason: "AnnouncementPending",
  message: "Assigned just now. No speaker has said yet that it answers.",
};

/** A Service, its decision and the object that shows its status. */
interface Subject {
  readonly key: string;
  readonly object: KubeObject;
  readonly assignment: Assignment;
  readonly service: Service | undefined;
}

/** Judges of each Service whether its addresses are announced, with patience. */
export class Announcements {
  /** Since when a Service shows addresses that nobody answers for, within the grace; the longest first. */
  readonly #graceSinceMs = new Map<string, number>();
  /** Those whose grace is over. */
  readonly #lacking = new Set<string>();

  /** What the condition `hawser.dev/Announced` shall say; undefined: it shall not be there. */
  judge(
    { key, object, assignment, service }: Subject,
    speakers: SpeakersView,
    nowMs: number,
  ): ConditionValue | undefined {
    // No speaker announces what is another provider's.
    const addresses = assignment.reason === "AddressNotOurs" ? [] : assignment.addresses;
    const missing = addresses.map(printIp).filter((ip) => !speakers.announced.has(ip));
    if (addresses.length === 0 || missing.length === 0) {
      this.forget(key);
      return addresses.length === 0 ? undefined : ANNOUNCED_VALUE;
    }
    // Nobody can answer for an address that the status does not show yet.
    if (!showsAddresses(object, assignment)) {
      this.forget(key);
      return PENDING_VALUE;
    }
    if (this.#isInGrace(key, nowMs) || !speakers.isComplete) return present(object);
    return lacking(missing, speakers, service);
  }

  #isInGrace(key: string, nowMs: number): boolean {
    if (this.#lacking.has(key)) return false;
    const sinceMs = this.#graceSinceMs.get(key) ?? nowMs;
    this.#graceSinceMs.set(key, sinceMs);
    if (nowMs - sinceMs < GRACE_MS) return true;
    this.#endGrace(key);
    return false;
  }

  /** Those whose grace is over by now: each is told once, for it may have to wait for another reason. */
  due(nowMs: number): readonly string[] {
    const due: string[] = [];
    for (const [key, sinceMs] of this.#graceSinceMs) {
      if (nowMs - sinceMs < GRACE_MS) break;
      due.push(key);
    }
    for (const key of due) this.#endGrace(key);
    return due;
  }

  #endGrace(key: string): void {
    this.#graceSinceMs.delete(key);
    this.#lacking.add(key);
  }

  /** Those that nobody answers for longer than the grace: what is said of them may depend on all speakers. */
  get lacking(): Iterable<string> {
    return this.#lacking;
  }

  /** Milliseconds until the next grace ends, at least 0; undefined if none runs. */
  nextInMs(nowMs: number): number | undefined {
    const [sinceMs] = this.#graceSinceMs.values();
    return sinceMs === undefined ? undefined : Math.max(0, sinceMs + GRACE_MS - nowMs);
  }

  /** The Service has its addresses announced, has none, or is gone. */
  forget(key: string): void {
    this.#graceSinceMs.delete(key);
    this.#lacking.delete(key);
  }
}

/** The condition as it stands, where it is one of ours. */
function present(object: KubeObject): ConditionValue | undefined {
  const { status, reason, message } = conditionOf(object, ANNOUNCED) ?? {};
  const isOurs =
    (status === "True" || status === "False" || status === "Unknown") &&
    REASONS.includes(reason as Reason) &&
    typeof message === "string";
  return isOurs ? { status, reason: reason as Reason, message } : undefined;
}

function lacking(missing: readonly string[], speakers: SpeakersView, service: Service | undefined): ConditionValue {
  const said = (reason: Reason, why: string) =>
    ({ status: "False", reason, message: `${missing.join(" and ")}: ${why}` }) as const;
  if (speakers.count === 0)
    return said(
      "NoSpeaker",
      "no speaker runs. Look whether the nodes are Ready, and why the pods of the DaemonSet hawser-speaker do not run, " +
        "or cannot reach the API server.",
    );
  if (speakers.ready === 0)
    return said("NoReadySpeaker", "no speaker is ready. The log and /readyz of a speaker say what it waits for.");
  if (service?.externalTrafficPolicy === "Local")
    return said(
      "NoEligibleNode",
      "no speaker answers. With externalTrafficPolicy Local only nodes with a ready endpoint do: look whether the " +
        "Service has one, on a node that is in the network of the address.",
    );
  return said(
    "NoEligibleNode",
    "no speaker answers. No node that may announce it has an interface in its network: take addresses of the nodes' " +
      "network into the pool, or name the interface with --interfaces.",
  );
}
