import { printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, listNames, okStep, unknownStep } from "./explain-step.ts";

/** Whether pods behind a Service are ready, and on which nodes. `name` begins the text where several Services have steps. */
export function explainEndpoints(context: ExplainContext, service: Service, name = ""): ExplainStep {
  const prefix = name === "" ? "" : `${name}: `;
  if (context.slices === undefined)
    return unknownStep("endpoints", {
      text: `${prefix}EndpointSlices may not be read, so whether a pod is ready cannot be known.`,
    });
  const endpoints = context.candidates.podsOf(service.key);
  const ready = endpoints.filter((one) => one.ready);
  const ending = endpoints.filter((one) => !one.ready && one.serving && one.terminating);
  const count = `${ready.length} of ${endpoints.length} endpoints ${ready.length === 1 ? "is" : "are"} ready`;
  if (ready.length === 0) {
    const serving = ending.length === 0 ? "" : `; ${ending.length} of them, which terminate, still take connections`;
    return badStep("endpoints", {
      reason: "NoReadyEndpoint",
      text: `${prefix}${endpoints.length === 0 ? "It has no endpoints" : count}${serving}.`,
      fix: findPods(service, endpoints.length),
    });
  }
  const nodes = [...new Set(ready.flatMap(({ nodeName }) => nodeName ?? []))].sort();
  const where = nodes.length === 0 ? "" : `, on ${listNames(nodes)}`;
  if (service.externalTrafficPolicy === "Cluster")
    return okStep("endpoints", {
      text: `${prefix}${count}${where}. With externalTrafficPolicy Cluster every node forwards to them.`,
    });
  const local = `${prefix}${count}${where}. With externalTrafficPolicy Local only nodes with a ready endpoint may announce the address.`;
  const owners = service.assignedAddresses.flatMap((ip) => context.speakers.ownersOf(printIp(ip)));
  const without = owners.map(({ node }) => node).filter((node) => !nodes.includes(node));
  if (nodes.length === 0 || without.length === 0) return okStep("endpoints", { text: local });
  return badStep("endpoints", {
    reason: "NoEndpoint",
    text: `${local} Node ${without[0]} announces it without a ready endpoint.`,
    fix: `Wait some seconds and ask again; then look at the log of the speaker on ${without[0]}.`,
  });
}

function findPods({ namespace, selector }: Service, count: number): string {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return "Write a selector into the Service, or an EndpointSlice with its name.";
  const find = `kubectl --namespace ${namespace} get pods --selector=${labels.join(",")}`;
  return count === 0 ? `Find out why no pod has its labels: ${find}.` : `Find out why no pod is ready: ${find}.`;
}
