import { type IneligibleReason, isStandBackReason } from "#src/election/member.ts";
import { isForbidden, nodeCauseOf } from "#src/election/node-cause.ts";
import { printIp } from "#src/ip/address.ts";
import type { ExplainContext } from "./explain-context.ts";
import type { AnnouncedSubject } from "./explain-owner.ts";
import type { Candidate } from "./candidates.ts";
import { badStep, type ExplainStep, listNames, okStep, sentence, unknownStep } from "./explain-step.ts";
import type { SpeakerView } from "./view-speakers.ts";

/** Which other nodes would take an address over, and why each of the others would not: one step for each cause. */
export function explainCandidates(context: ExplainContext, { ip, users }: AnnouncedSubject): readonly ExplainStep[] {
  const text = printIp(ip);
  const { speakers, candidates } = context;
  const judged = candidates.judge(ip, users);
  if (judged === undefined)
    return [
      unknownStep("candidate", {
        text: `${text}: which nodes could announce it cannot be known, because a part of what decides may not be read.`,
      }),
    ];
  const owners = speakers.ownersOf(text).map(({ node }) => node);
  const able = judged.filter(({ reason }) => reason === undefined);
  const spares = able.filter(({ node }) => !owners.includes(node));
  const can = owners.length === 0 ? "announce it" : "take it over";
  const first =
    owners.length === 0 && able.length === 0
      ? []
      : [
          okStep("candidate", {
            text:
              spares.length === 0
                ? `${text}: no other node could take it over.`
                : `${text}: ${listNames(spares.map(({ node }) => node))} could ${can}.`,
          }),
        ];
  const drained = judged.filter(({ node, standsBack }) => owners.includes(node) && standsBack === "NodeDraining");
  const draining = drained.map(({ node }) =>
    okStep("candidate", {
      reason: "NodeDraining",
      text: `${text}: node ${node} is being drained, and announces it until another node takes it over.`,
      fix: spares.length === 0 ? `End that with hawser drain ${node} --undo.` : "",
    }),
  );
  const preferred = explainPreferred(text, able, owners);
  const isBad = able.length === 0 && owners.length === 0;
  const byReason = Map.groupBy(judged, ({ reason, standsBack }) => reason ?? standsBack);
  const unable = [...byReason].flatMap(([reason, some]) => {
    const nodes = some.map(({ node }) => node).filter((node) => !owners.includes(node));
    // What forbids the address to all nodes is said of its owner.
    if (reason === undefined || isForbidden(reason) || nodes.length === 0) return [];
    return [explainUnable(reason, nodes, isBad)];
  });
  return [...first, ...draining, ...preferred, ...unable, ...explainAbsent(speakers.views, owners, isBad)];
}

/** Which of the nodes that could announce an address come before the others; nothing where none is preferred. */
function explainPreferred(text: string, able: readonly Candidate[], owners: readonly string[]): readonly ExplainStep[] {
  const order = able.filter(({ score }) => score > 0).toSorted((left, right) => right.score - left.score);
  const [best] = order;
  if (best === undefined) return [];
  const names = listNames(order.map(({ node, score }) => `${node} (weight ${score})`));
  const isAtBest = able.some(({ node, score }) => score === best.score && owners.includes(node));
  const stays =
    owners.length === 0 || isAtBest
      ? ""
      : " It goes there when addresses are spread (--fail-back-after of the speakers, or hawser rebalance).";
  return [okStep("candidate", { text: `${text}: preferred when it gets another owner: ${names}.${stays}` })];
}

function explainUnable(reason: IneligibleReason, nodes: readonly string[], isBad: boolean): ExplainStep {
  const { why, fix } = nodeCauseOf(reason) ?? { why: `kept from it (${reason})`, fix: "" };
  const isOne = nodes.length === 1;
  const subject = isOne ? `Node ${nodes[0]}` : `Nodes ${listNames(nodes)}`;
  const standsBack = isStandBackReason(reason);
  const verb = standsBack
    ? isOne
      ? "stands back"
      : "stand back"
    : isOne
      ? "is not a candidate"
      : "are not candidates";
  // `with ...` and `without ...` say what it is a node with.
  const noun = !why.startsWith("with") ? "" : isOne ? " a node" : " nodes";
  const said = { reason, text: `${subject} ${verb}: ${isOne ? "it is" : "they are"}${noun} ${why}.` };
  return isBad ? badStep("candidate", { ...said, fix: sentence(fix) }) : okStep("candidate", said);
}

/** The nodes without a speaker that lives. */
function explainAbsent(
  views: readonly SpeakerView[],
  owners: readonly string[],
  isBad: boolean,
): readonly ExplainStep[] {
  const absent = views.filter(({ alive, node }) => !alive && !owners.includes(node));
  const byState = Map.groupBy(absent, ({ state, detail }) => (detail === "" ? state : `${state}: ${detail}`));
  return [...byState].map(([state, some]) => {
    const nodes = some.map(({ node }) => node);
    const subject =
      nodes.length === 1
        ? `Node ${nodes[0]} is not a candidate, because its speaker does`
        : `Nodes ${listNames(nodes)} are not candidates, because their speakers do`;
    const said = { reason: "NoSpeaker", text: `${subject} not answer (${state}).` } as const;
    return isBad ? badStep("candidate", said) : okStep("candidate", said);
  });
}
