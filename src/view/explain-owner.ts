import { isForbidden, FORBIDDEN_CAUSES } from "#src/election/node-cause.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import { parseAddressTexts } from "#src/model/print-addresses.ts";
import { textOf } from "#src/model/record.ts";
import { ANNOUNCED, conditionOf } from "#src/model/service-status.ts";
import type { Service } from "#src/model/service.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Takeover } from "#src/model/takeover.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, listNames, okStep, sentence, timeText, unknownStep } from "./explain-step.ts";
import type { SpeakerView } from "./view-speakers.ts";

/** An address, and the Services that have it. */
export interface AnnouncedSubject {
  readonly ip: Ip;
  readonly users: readonly Service[];
  /** The Service that is asked about; undefined where an address is. */
  readonly object: KubeObject | undefined;
}

/** Which node announces an address, and since when; or why none does. */
export function explainOwner(context: ExplainContext, subject: AnnouncedSubject): ExplainStep {
  const { speakers } = context;
  const ip = printIp(subject.ip);
  if (!speakers.isKnown)
    return unknownStep("owner", {
      text: `${ip}: which node announces it cannot be known, because the speakers' reports may not be read.`,
    });
  const owners = speakers.ownersOf(ip);
  const [owner, ...others] = owners;
  if (owner === undefined) return explainVacant(context, subject);
  if (others.length > 0) return explainSeveral(ip, owners);
  const gain = lastGain(context, owner.node, ip);
  const time = gain === undefined ? "" : timeText(gain.at, context.input.nowMs);
  const since = time === "" ? "" : ` since ${time}`;
  const said = {
    text: `${ip}: node ${owner.node} announces it${since}${causeOf(gain)}.`,
    reason: reasonOf(gain),
  } as const;
  if (owner.certain) return okStep("owner", said);
  const text = `${said.text} Only the last report of its speaker says so: nothing here proves that it still runs.`;
  return unknownStep("owner", { ...said, text });
}

/** A takeover from another node is one; an address that no node had before is only announced. */
function reasonOf(gain: Takeover | undefined): "TakenOver" | "Announced" {
  return gain === undefined || gain.from === "" ? "Announced" : "TakenOver";
}

function causeOf(gain: Takeover | undefined): string {
  if (gain === undefined || gain.cause === "") return "";
  return gain.from === "" ? "" : `; it took it over from node ${gain.from} (${gain.cause})`;
}

/** The last round in which an address came to a node, of those that its speaker still reports. */
function lastGain({ reports }: ExplainContext, node: string, ip: string): Takeover | undefined {
  const report = reports?.find((one) => one.node === node);
  return report?.takeovers.find(({ gained, addresses }) => gained > 0 && parseAddressTexts(addresses).has(ip));
}

function explainVacant(context: ExplainContext, { ip: address, users, object }: AnnouncedSubject): ExplainStep {
  const ip = printIp(address);
  const { live } = context.speakers;
  if (live.length === 0)
    return badStep("owner", {
      reason: "NoSpeaker",
      text: `${ip}: no node announces it, because no speaker runs.`,
      fix: "Look whether the nodes are Ready, and why the pods of the DaemonSet hawser-speaker do not run, or cannot reach the API server.",
    });
  if (!live.some(({ ready }) => ready))
    return badStep("owner", {
      reason: "NoReadySpeaker",
      text: `${ip}: no node announces it, because no speaker is ready.`,
      fix: "The log and /readyz of a speaker say what it waits for.",
    });
  const yielded = live.flatMap(({ addressProblems }) => addressProblems).find(isYieldOf(ip))?.problem;
  if (yielded !== undefined)
    return badStep("owner", {
      reason: "AddressYielded",
      text: `${ip}: no node announces it, because another machine has it, and its pool yields: see wire below.`,
      fix: sentence(yielded.fix),
    });
  const { reason, lastTransitionTime } = (object && conditionOf(object, ANNOUNCED)) ?? {};
  if (reason === "AnnouncementPending") {
    const time = timeText(textOf(lastTransitionTime), context.input.nowMs);
    const text = `${ip}: it was assigned at ${time}, and no speaker has reported yet that it announces it.`;
    return unknownStep("owner", { reason, text, fix: "Wait some seconds, and ask again." });
  }
  const judged = context.candidates.judge(address, users);
  const forbidden = judged?.map((one) => one.reason ?? "").find(isForbidden);
  if (forbidden !== undefined)
    return badStep("owner", {
      reason: "NoEligibleNode",
      text: `${ip}: no node announces it, because ${FORBIDDEN_CAUSES[forbidden]}.`,
      fix:
        forbidden === "NotOurs"
          ? "Add the address to a pool, or let the Service get one of a pool."
          : "Remove the address from the status and from requests, so that the Service gets one of a pool.",
    });
  const able = (judged ?? []).filter((one) => one.reason === undefined).map(({ node }) => node);
  const text = `${ip}: no node announces it`;
  if (able.length > 0)
    return badStep("owner", {
      reason: "NoEligibleNode",
      text: `${text}, although ${listNames(able)} could.`,
      fix: `Look at the log of the speaker on ${able[0]}.`,
    });
  return badStep("owner", {
    reason: "NoEligibleNode",
    text: `${text}, because no node may: see the candidates below.`,
  });
}

function isYieldOf(ip: string): (one: SpeakerReport["addressProblems"][number]) => boolean {
  return ({ problem, addresses }) => problem.code === "ADDRESS_YIELDED" && addresses.has(ip);
}

function explainSeveral(ip: string, owners: readonly SpeakerView[]): ExplainStep {
  const names = owners.map(({ node }) => node);
  const isDeaf = owners.some(({ unheard }) => unheard.some((node) => names.includes(node)));
  const why = isDeaf ? " Their heartbeats do not pass between them." : "";
  return badStep("owner", {
    reason: "MultipleOwners",
    text: `${ip}: the nodes ${listNames(names)} all announce it.${why}`,
    fix:
      "Let the heartbeats pass between all nodes, in both directions (UDP port 7946, or that of --heartbeat-port), and see that " +
      "all have the same key.",
  });
}
