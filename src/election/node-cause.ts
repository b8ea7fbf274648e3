import type { ForbiddenReason } from "#src/model/forbidden-address.ts";
import type { IneligibleReason } from "./member.ts";

/** What keeps a node from an address, as `2 nodes ...` goes on, and the way out. */
interface NodeCause {
  readonly why: string;
  readonly fix: string;
}

/** What an address is that no node announces, as the end of a sentence that begins with the address. */
export const FORBIDDEN_CAUSES: Readonly<Record<ForbiddenReason, string>> = {
  NodeAddress: "it is the address of a Node",
  MemberAddress:
    "an interface of a node has it: remove it there (hawser status names the node), where another program or a former provider left it",
  GatewayAddress: "it is a default gateway",
  ReservedAddress: "it is reserved (loopback, link-local, multicast)",
  NotOurs: "no pool contains it, and Hawser did not assign it",
};

const NODE_CAUSES: Readonly<Record<Exclude<IneligibleReason, ForbiddenReason>, NodeCause>> = {
  NodeExcluded: {
    why: "excluded by the label node.kubernetes.io/exclude-from-external-load-balancers",
    fix: "remove the label, or start the speakers with --ignore-exclude-lb",
  },
  NetworkUnavailable: {
    why: "with the condition NetworkUnavailable",
    fix: "find out why the network plug-in does not run there",
  },
  NodeUnknown: {
    why: "without a Node object",
    fix: "start the speaker with the name of its Node",
  },
  NodeNotSelected: {
    why: "not selected by the node selectors of its pool, in the ConfigMap or an L2Advertisement",
    fix: "label a node so that a selector matches, or change the selectors",
  },
  NotAdvertised: {
    why: "that no advertisement of its pool lets announce it",
    fix: "write an advertisement for the pool, or change the selectors of the one that exists",
  },
  NoInterface: {
    why: "without one of the interfaces that the advertisement of its pool names",
    fix: "name an interface that is in its network there and that the speaker uses, or name none",
  },
  NoEndpoint: {
    why: "without a ready endpoint, which externalTrafficPolicy Local needs",
    fix: "find out why no pod is ready there, or write externalTrafficPolicy: Cluster",
  },
  NoSubnet: {
    why: "without an interface in its network",
    fix: "take addresses of the nodes' network into the pool, or name the interface with --interfaces",
  },
  NotReady: { why: "with a speaker that is not ready", fix: "see its log and its /readyz" },
  Leaving: { why: "with a speaker that is ending", fix: "wait for it to start again" },
  NodeDraining: { why: "being drained", fix: "end that with hawser drain NODE --undo" },
  NodeNotReady: { why: "not Ready", fix: "see kubectl describe node" },
  EndpointTerminating: { why: "with terminating endpoints only", fix: "wait for new pods" },
};

/** Whether a reason forbids an address to all nodes, and is not about one of them. */
export function isForbidden(reason: string): reason is ForbiddenReason {
  return Object.hasOwn(FORBIDDEN_CAUSES, reason);
}

/** The cause behind a reason about one node; undefined for one that forbids the address to all, or of a newer version. */
export function nodeCauseOf(reason: string): NodeCause | undefined {
  return Object.hasOwn(NODE_CAUSES, reason) ? NODE_CAUSES[reason as keyof typeof NODE_CAUSES] : undefined;
}
