import { printIp } from "#src/ip/address.ts";
import { pendingProblem } from "#src/assignment/pending-problem.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ADDRESS_ASSIGNED } from "#src/model/service-status.ts";
import type { Logger } from "#src/process/log.ts";
import { logProblem } from "#src/process/problem-log.ts";
import { saysAlready } from "#src/status/condition.ts";
import { pauseMs } from "#src/status/pace.ts";
import { contestedEvent } from "./contest.ts";
import type { PlannedWrite } from "./plan-write.ts";
import { announcementEvents } from "./service-events.ts";
import type { WriteOutcome, WriteResult } from "./write-outcome.ts";

/** Logs what a user wants to know of a write. */
export function logWrite(
  log: Logger,
  write: PlannedWrite,
  result: WriteResult,
  { changes, isMoved }: WriteOutcome,
): void {
  const service = write.key;
  if (result === "conflict" || result === "gone")
    log.debug({ service, reason: result }, "status not written, looking again");
  else if (result === "written") logWritten(log, write, isMoved);
  else if (typeof result === "object") {
    const failed = changes.retry?.failed;
    const [failures, retryInMs] = [failed?.count, failed && Math.round(pauseMs(failed, failed.lastMs))];
    // The first failure is news; that it goes on is not.
    const level = failures === 1 ? "warn" : "debug";
    log[level]({ service, err: result.error, retryInMs, failures }, "cannot write status");
  }
}

function logWritten(log: Logger, { key: service, object, ...write }: PlannedWrite, isMoved: boolean): void {
  const { addresses, pool, reason, message, released } = write.assignment;
  const ip = addresses.map(printIp);
  if (write.isContested) {
    log.warn({ service, reason: contestedEvent.reason }, "another program undoes what is written into the status");
    return;
  }
  for (const lost of released) log.info({ service, ip: printIp(lost.ip), reason: lost.reason }, "address released");
  const { announced } = write;
  const isFailing = announcementEvents(object, announced).length > 0;
  if (isFailing)
    log.warn({ service, ip, reason: announced?.reason, message: announced?.message }, "address not announced");
  else if (isMoved) log.info({ service, ip, pool, reason }, "address assigned");
  if (isSaid(object, write.assignment)) return;
  const problem = pendingProblem(service, write.assignment);
  // It is served as soon as it can be: nothing is broken for others.
  if (problem !== undefined) logProblem(log, { ...problem, severity: "warning" }, { service, ip, reason });
  else if (!isMoved && !isFailing) log.info({ service, ip, reason, message }, "condition written");
}

/** Whether the condition of the address says this already: then only that of the announcement was written. */
function isSaid(object: KubeObject, assignment: Assignment): boolean {
  return assignment.reason === "AddressReleased" || saysAlready(object, ADDRESS_ASSIGNED, assignment);
}
