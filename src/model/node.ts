import { type Ip, parseIp } from "#src/ip/address.ts";
import { CAPTURE_ANNOTATION, type CaptureRequest, parseCaptureRequest } from "./capture-request.ts";
import { child, complain, descend, type Field, quote, readList } from "./field.ts";
import { type KubeObject, rootField } from "./object.ts";
import type { Parsed } from "./problem.ts";

/** A Node, strictly read. */
export interface Node {
  readonly name: string;
  /** `status.addresses` of type InternalIP, in order. */
  readonly internalAddresses: readonly Ip[];
  readonly externalAddresses: readonly Ip[];
  readonly labels: Readonly<Record<string, string>>;
  /** Condition Ready; true where the object has no such condition (a manifest on disk). */
  readonly ready: boolean;
  /** Condition NetworkUnavailable = True. */
  readonly networkUnavailable: boolean;
  /** Label `node.kubernetes.io/exclude-from-external-load-balancers` is present. */
  readonly excluded: boolean;
  /** Annotation `hawser.dev/drain` is present, whatever its value: other nodes take its addresses over. */
  readonly draining: boolean;
  /** Annotation `hawser.dev/rebalance`: until then, in milliseconds since 1970, addresses are to be spread at once; undefined: it is not asked for. */
  readonly rebalanceUntilMs: number | undefined;
  /** Annotation `hawser.dev/capture`: the frames about an address are asked for; left out: they are not. */
  readonly capture?: CaptureRequest;
}

/** What `hawser rebalance` writes on a Node while it runs: the time when that is over at the latest, in ISO 8601. */
export const REBALANCE_ANNOTATION = "hawser.dev/rebalance";

/** What `hawser drain` writes on a Node: its value is the time of that, in ISO 8601, for people. */
export const DRAIN_ANNOTATION = "hawser.dev/drain";

/** Takes a node out of external load balancing, whatever its value (well-known labels of Kubernetes). */
const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Reads a Node (v1). Never fails: an address that cannot be read is left out with a warning. */
export function parseNode(object: KubeObject): Parsed<Node> & { readonly ok: true } {
  const root = rootField(object);
  const { name, labels, annotations } = object.metadata;
  const addresses = readList(descend(root, "status", "addresses"));
  const conditions = conditionsOf(root);
  const ready = conditions.get("Ready");
  const capture = parseCaptureRequest(annotations[CAPTURE_ANNOTATION] ?? "");
  const value: Node = {
    name,
    internalAddresses: addresses.flatMap((field) => readAddress(field, "InternalIP")),
    externalAddresses: addresses.flatMap((field) => readAddress(field, "ExternalIP")),
    labels,
    ready: ready === undefined || ready === "True",
    networkUnavailable: conditions.get("NetworkUnavailable") === "True",
    excluded: Object.hasOwn(labels, EXCLUDE_LABEL),
    draining: Object.hasOwn(annotations, DRAIN_ANNOTATION),
    rebalanceUntilMs: timeIn(annotations[REBALANCE_ANNOTATION]),
    ...(capture === undefined ? {} : { capture }),
  };
  return { ok: true, value, problems: root.problems };
}

function timeIn(text = ""): number | undefined {
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function readAddress(entry: Field, type: "InternalIP" | "ExternalIP"): readonly Ip[] {
  if (child(entry, "type").value !== type) return [];
  const field = child(entry, "address");
  const ip = typeof field.value === "string" ? parseIp(field.value) : undefined;
  if (ip !== undefined) return [ip];
  complain(field, "STATUS_ADDRESS_UNREADABLE", {
    what: `Ignored ${quote(field.value)}`,
    why: "it is not an IP address",
    fix: "Fix the address in the status of the Node",
    severity: "warning",
  });
  return [];
}

/** `status` of each condition, by its type: True, False or Unknown. */
function conditionsOf(root: Field): ReadonlyMap<unknown, unknown> {
  const conditions = readList(descend(root, "status", "conditions"));
  return new Map(conditions.map((field) => [child(field, "type").value, child(field, "status").value]));
}
