import { cidrContains, parseCidr } from "#src/ip/cidr.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Reason } from "#src/model/reason.ts";
import { lastAnswerFor } from "#src/model/reported-answers.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, okStep, sentence, unknownStep } from "./explain-step.ts";
import { printAge } from "./print-age.ts";
import type { SpeakerView } from "./view-speakers.ts";

/** Codes of Problems about addresses that have a reason of their own. */
const REASON_OF: Partial<Record<ProblemCode, Reason>> = {
  ADDRESS_HAS_TWO_OWNERS: "MultipleOwners",
  ADDRESS_YIELDED: "AddressYielded",
  ADDRESS_ON_LOCAL_INTERFACE: "AddressOnLocalInterface",
  VIRTUAL_ROUTER_HAS_ADDRESS: "VirtualRouterHasAddress",
  SERVICE_ADDRESS_FORBIDDEN: "AddressUnusable",
};

/** What the speakers see of an address on the wire: another machine that answers, a kernel that does; otherwise the last answer of its owner. */
export function explainWire(context: ExplainContext, ip: Ip): readonly ExplainStep[] {
  const { speakers } = context;
  if (!speakers.isKnown) return [];
  const text = printIp(ip);
  const seen = explainSeenOnWire(context, ip);
  if (seen.length > 0) return seen;
  const [owner] = speakers.ownersOf(text);
  if (owner === undefined) return [];
  return [explainAnswered(context, owner, ip)];
}

/** What the speakers report of an address, one step for each kind of it; nothing where they report nothing. */
export function explainSeenOnWire({ speakers }: ExplainContext, ip: Ip): readonly ExplainStep[] {
  const text = printIp(ip);
  const seen = speakers.live.flatMap(({ node, addressProblems }) =>
    addressProblems.flatMap(({ problem, addresses }) => (addresses.has(text) ? [{ node, problem }] : [])),
  );
  const byKind = Map.groupBy(seen, ({ problem }) => problem.code);
  return [...byKind.values()].flatMap(([first]) => (first === undefined ? [] : [explainSeen(text, first)]));
}

/** When the owner answered a request for the address last, and what its clients must see. */
function explainAnswered(context: ExplainContext, { node, reportedAt }: SpeakerView, ip: Ip): ExplainStep {
  const { nowMs } = context.input;
  const text = printIp(ip);
  const ago = (time: number): string => `${printAge(nowMs - time)} ago`;
  const mac = macOf(context, node, ip);
  const must = mac === undefined ? `the MAC of node ${node}` : `${mac}, that of node ${node}`;
  const rest = `A client in its network must show ${must}: ip neigh show to ${text}.`;
  const reported = `as its report of ${ago(Date.parse(reportedAt))} says`;
  const last = lastAnswerFor(context.speakers.live.find((report) => report.node === node)?.answers, text);
  if (last === "unknown")
    return unknownStep("wire", {
      text: `${text}: when a request for it was answered last is not in the report of node ${node}. ${rest}`,
    });
  if (last === "none")
    return unknownStep("wire", {
      text: `${text}: no host has asked node ${node} for it since this node announces it, ${reported}. ${rest}`,
    });
  const { asker, atMs } = last;
  const by = asker.value === 0n ? "a host that checked whether it is free" : printIp(asker);
  return okStep("wire", {
    text: `${text}: node ${node} answered for it ${ago(atMs)} (last asked by ${by}), ${reported}. ${rest}`,
    lastAnswer: { node, at: new Date(atMs).toISOString(), asker: printIp(asker) },
  });
}

function explainSeen(ip: string, { node, problem }: { readonly node: string; readonly problem: Problem }): ExplainStep {
  return badStep("wire", {
    reason: REASON_OF[problem.code] ?? "SpeakerProblem",
    text: sentence(`${ip}: node ${node} reports: ${problem.what}: ${problem.why}`),
    fix: sentence(problem.fix),
  });
}

/** The MAC that a node answers with: that of its interface in the network of the address. */
function macOf({ memberRecords }: ExplainContext, node: string, ip: Ip): string | undefined {
  const interfaces = memberRecords?.find((record) => record.node === node)?.interfaces ?? [];
  return interfaces.find(({ subnets }) =>
    subnets.some((subnet) => {
      const cidr = parseCidr(subnet);
      return cidr !== undefined && cidrContains(cidr, ip);
    }),
  )?.mac;
}

/** What the speakers report for their users to fix besides addresses: those of the owners, or of all where there is no owner. */
export function explainSpeakers({ speakers }: ExplainContext, ips: readonly Ip[]): readonly ExplainStep[] {
  const owners = new Set(ips.flatMap((ip) => speakers.ownersOf(printIp(ip))).map(({ node }) => node));
  const asked = speakers.live.filter(({ node }) => owners.size === 0 || owners.has(node));
  const found = asked.flatMap(({ node, problems, addressProblems }) => {
    const ofAddresses = new Set(addressProblems.map(({ problem }) => JSON.stringify(problem)));
    const errors = problems.filter((one) => one.severity === "error" && !ofAddresses.has(JSON.stringify(one)));
    return errors.map((problem) => ({ node, problem }));
  });
  return found.slice(0, MAX_PROBLEMS).map(({ node, problem }) =>
    badStep("speaker", {
      reason: "SpeakerProblem",
      text: `${sentence(`The speaker on ${node} reports: ${problem.what}: ${problem.why}`)} [${problem.code}]`,
      fix: sentence(problem.fix),
    }),
  );
}

/** Steps for Problems of speakers at most: hawser status has all. */
const MAX_PROBLEMS = 3;
