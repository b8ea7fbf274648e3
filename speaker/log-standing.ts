import type { NodeStanding } from "#src/election/member.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Logger } from "#src/process/log.ts";

/** What to do about each standing that keeps a node from announcing. */
const FIXES: Readonly<Partial<Record<NodeStanding, string>>> = {
  NodeUnknown: "there is no Node object of this name: give --node the name that kubectl get nodes shows",
  NodeExcluded:
    "remove the label node.kubernetes.io/exclude-from-external-load-balancers, or run all speakers with --ignore-exclude-lb",
  NetworkUnavailable: "the Node's condition NetworkUnavailable is True: look at the network plug-in of this node",
  NodeDraining: "hawser drain asked for it: hawser drain NODE --undo ends that",
  NodeNotReady: "the Node is not Ready: others that are go first; look at its kubelet",
};

/** Logs, at each change, why this node announces nothing, or that it may again. */
export function logStanding(log: Logger): (standing: NodeStanding) => void {
  const told = new ToldOnce();
  return (standing) => {
    // A node that may announce from the start is not worth a line.
    if (!told.isNews("standing", standing === "Usable" ? [] : [standing])) return;
    const fix = FIXES[standing];
    if (fix === undefined) log.info({}, "this node may announce");
    else log.warn({ reason: standing, fix }, "this node stands back");
  };
}
