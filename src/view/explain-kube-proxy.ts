import { listed } from "#src/model/listed.ts";
import type { KubeObject } from "#src/model/object.ts";
import { recordOf, recordsOf, textsOf } from "#src/model/record.ts";
import { ingressOf } from "#src/model/service-status.ts";
import type { Service } from "#src/model/service.ts";
import { badStep, type ExplainStep, unknownStep } from "./explain-step.ts";

/**
 * The side of kube-proxy, as far as the object shows it: that it is to take the traffic, from which clients, and its
 * health check. What its rules on a node are cannot be seen from here.
 */
export function explainKubeProxy(
  object: KubeObject,
  { externalTrafficPolicy, assignedAddresses }: Service,
): readonly ExplainStep[] {
  if (assignedAddresses.length === 0) return [];
  const spec = recordOf(object["spec"]);
  const proxied = ingressOf(object).find(({ ipMode }) => ipMode === "Proxy");
  if (proxied !== undefined)
    return [
      badStep("kube-proxy", {
        text: `The status says ipMode Proxy for ${String(proxied["ip"])}, so kube-proxy takes no traffic to the address itself.`,
        fix: "Remove ipMode from the status: the controller writes it again as VIP.",
      }),
    ];
  const sources = textsOf(spec["loadBalancerSourceRanges"]);
  const ports = recordsOf(spec["ports"]).flatMap(({ nodePort }) =>
    typeof nodePort === "number" && nodePort > 0 ? nodePort : [],
  );
  const check = spec["healthCheckNodePort"];
  const facts = [
    ...(ports.length === 0 ? [] : [`its node ports are ${ports.join(", ")}`]),
    ...(ports.length === 0 && spec["allocateLoadBalancerNodePorts"] === false
      ? ["it has no node ports, and needs none"]
      : []),
    ...(externalTrafficPolicy === "Local" && typeof check === "number" && check > 0
      ? [`each node says on port ${check}, at /healthz, how many of its endpoints are ready`]
      : []),
    ...(sources.length === 0 ? [] : [`it takes only clients of ${listed(sources, MAX_SOURCES)}`]),
  ];
  const seen = facts.length === 0 ? "" : ` As the Service shows: ${facts.join("; ")}.`;
  return [unknownStep("kube-proxy", { text: `The rules of kube-proxy on the nodes cannot be seen from here.${seen}` })];
}

/** Networks of clients named in one step. */
const MAX_SOURCES = 4;
