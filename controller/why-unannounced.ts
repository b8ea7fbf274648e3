import { counted } from "#src/model/counted.ts";
import { listed } from "#src/model/listed.ts";
import { FORBIDDEN_CAUSES, isForbidden, nodeCauseOf } from "#src/election/node-cause.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Reason } from "#src/model/reason.ts";
import type { NodeProblem, SpeakersView, UnownedReasons } from "./speakers-reader.ts";
import type { ConditionValue } from "#src/status/condition.ts";

/** Nodes, addresses and causes named in one message: enough to see the picture, short enough for an Event. */
const SHOWN = 6;

/** Why no speaker answers for addresses of a Service, by what the speakers report, and the ways out. */
export function whyMissing(missing: readonly string[], speakers: SpeakersView): ConditionValue {
  if (speakers.count === 0)
    return failed(
      "NoSpeaker",
      missing,
      "no speaker runs. Look whether the nodes are Ready, and why the pods of the DaemonSet hawser-speaker do not run, " +
        "or cannot reach the API server.",
    );
  if (speakers.ready === 0)
    return failed(
      "NoReadySpeaker",
      missing,
      "no speaker is ready. The log and /readyz of a speaker say what it waits for.",
    );
  const byCause = Map.groupBy(missing, (ip) => causeOf(speakers.unowned.get(ip)));
  const sentences = [...byCause].map(([cause, ips]) => `${listed(ips, SHOWN, " and ")}: ${cause}`);
  return { status: "False", reason: "NoEligibleNode", message: sentences.join(" ") };
}

function causeOf(reasons: UnownedReasons | undefined): string {
  const byCount = Object.entries(reasons ?? {}).sort(
    ([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1),
  );
  const [first] = byCount.map(([reason]) => reason);
  if (first === undefined) return "no speaker answers. hawser status says what keeps each node from it.";
  if (isForbidden(first)) return `no speaker announces it, because ${FORBIDDEN_CAUSES[first]}.`;
  const causes = byCount.map(([reason, count]) => {
    const nodes = counted(count, "node");
    const cause = nodeCauseOf(reason);
    return cause === undefined ? `${nodes} for the reason ${reason}` : `${nodes} ${cause.why} (${cause.fix})`;
  });
  return `no node may announce it: ${causes.slice(0, SHOWN).join("; ")}.`;
}

/** Several speakers answer for addresses of a Service: which ones, who does not hear whom, and the way out. */
export function whyContested(contested: readonly string[], speakers: SpeakersView): ConditionValue {
  const nodes = [...new Set(contested.flatMap((ip) => speakers.contested.get(ip) ?? []))].sort();
  const isDeaf = (one: string, other: string): boolean => speakers.unheard.get(one)?.has(other) === true;
  const pairs: string[] = [];
  for (const [at, one] of nodes.entries())
    for (const other of nodes.slice(at + 1)) {
      // Of a thousand nodes that all are cut off from each other, the first pairs are enough.
      if (pairs.length === SHOWN) break;
      if (isDeaf(one, other) || isDeaf(other, one)) pairs.push(`"${one}" and "${other}"`);
    }
  const blocked = pairs.length === 0 ? "" : ` Heartbeats do not pass between ${pairs.join("; ")}.`;
  return failed(
    "MultipleOwners",
    contested,
    `the speakers of nodes ${listed(
      nodes.map((node) => `"${node}"`),
      SHOWN,
      " and ",
    )} all answer.${blocked} Let the heartbeats pass ` +
      "between all nodes, in both directions (UDP port 7946, or that of --heartbeat-port), and see that all have the same key.",
  );
}

/**
 * The kernels of nodes answer for addresses of a Service which they do not announce. It names one node, and goes on naming
 * the one in `said` while that is one of them: what many nodes report one after the other costs few writes.
 */
export function whyHeld(held: readonly string[], speakers: SpeakersView, said: string): ConditionValue {
  const holders = held.flatMap((ip) => speakers.held.get(ip) ?? []);
  const named = holders.find(({ node }) => said.includes(` of node "${node}"`)) ?? holders[0];
  if (named === undefined) return failed("AddressOnLocalInterface", held, "on an interface of a node.");
  const { node, problem } = named;
  const others = holders.some((one) => one.node !== node) ? " and of others" : "";
  const why = `on ${printPlace(problem.at)} of node "${node}"${others}: ${problem.why}. ${problem.fix}.`;
  return failed("AddressOnLocalInterface", held, why);
}

/** Another machine answers for addresses of a Service as well, or no speaker does because of it: which one, and the way out. */
export function whyForeign(foreign: readonly string[], speakers: SpeakersView): ConditionValue {
  const seen = foreign
    .flatMap((ip) => speakers.foreign.get(ip) ?? [])
    // First what a machine does: any machine can say that it is a virtual router, and is not to hide another one by that.
    .toSorted((left, right) => Number(isRouter(left)) - Number(isRouter(right)));
  const texts = new Set(seen.map(({ problem }) => `${problem.why}. ${problem.fix}.`));
  if (seen.every(({ problem }) => problem.code === "ADDRESS_YIELDED"))
    return failed("AddressYielded", foreign, `no speaker announces it: ${[...texts].slice(0, SHOWN).join(" ")}`);
  const areRouters = foreign.every((ip) => speakers.foreign.get(ip)?.some(isRouter));
  const reason = areRouters ? "VirtualRouterHasAddress" : "MultipleOwners";
  return failed(reason, foreign, `another machine answers too: ${[...texts].slice(0, SHOWN).join(" ")}`);
}

function isRouter({ problem }: NodeProblem): boolean {
  return problem.code === "VIRTUAL_ROUTER_HAS_ADDRESS";
}

function failed(reason: Reason, ips: readonly string[], why: string): ConditionValue {
  return { status: "False", reason, message: `${listed(ips, SHOWN, " and ")}: ${why}` };
}
