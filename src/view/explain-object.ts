import { isOurService, type ServiceClass } from "#src/model/service-class.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import type { Service } from "#src/model/service.ts";
import { conditionOf, ADDRESS_ASSIGNED, POOL_ANNOTATION } from "#src/model/service-status.ts";
import type { Reason } from "#src/model/reason.ts";
import { textOf } from "#src/model/record.ts";
import type { ExplainInput } from "./explain-context.ts";
import { badStep, type ExplainStep, okStep, sentence } from "./explain-step.ts";

/** A Service as the source has it, and as it was read. */
export interface ReadService {
  readonly object: KubeObject;
  readonly read: Parsed<Service>;
}

/** Whether the object is one that Hawser serves: it can be read, its type and its class. */
export function explainObject({ object, read }: ReadService, input: ExplainInput): ExplainStep {
  if (!read.ok) return badRequest("object", read.problems);
  const service = read.value;
  const { type, loadBalancerClass } = service;
  if (type !== "LoadBalancer")
    return badStep("object", {
      reason: "AddressReleased",
      text: `It is a Service of type ${type}, and those have no address from a pool.`,
      fix: "To give it an address, write spec.type: LoadBalancer.",
    });
  if (!isOurService(service, input)) return foreignClass(loadBalancerClass, input);
  const ofClass = loadBalancerClass === undefined ? "without a class" : `of the class "${loadBalancerClass}"`;
  const created = object.metadata.createdMs;
  const when = created === 0 ? "" : `, created ${new Date(created).toISOString().replace(".000Z", "Z")}`;
  return okStep("object", { text: `It is a Service of type LoadBalancer ${ofClass}, so Hawser serves it${when}.` });
}

function foreignClass(written: string | undefined, ours: ServiceClass): ExplainStep {
  const has = written === undefined ? "has no spec.loadBalancerClass" : `has spec.loadBalancerClass "${written}"`;
  const { loadBalancerClass: wanted, alsoClassless = false } = ours;
  const also = alsoClassless ? " and those without one" : "";
  const takes = wanted === undefined ? "those without a class" : `those of the class "${wanted}"${also}`;
  return badStep("object", {
    reason: "OtherLoadBalancerClass",
    text: `It ${has}, and Hawser serves ${takes}, so it leaves the Service alone.`,
    fix:
      "To have Hawser serve it, create it again with the class that Hawser serves: Kubernetes does not let a class change. " +
      "Where the controller runs with another --load-balancer-class, give this command the same.",
  });
}

/** What the Service asks for that cannot be understood; none where all can. */
export function explainRequest(service: Service): readonly ExplainStep[] {
  const problems = service.requestProblems;
  return problems.some(({ severity }) => severity === "error") ? [badRequest("request", problems)] : [];
}

function badRequest(step: "object" | "request", problems: readonly Problem[]): ExplainStep {
  const errors = problems.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const more = errors.length > 1 ? ` There are ${errors.length - 1} more problems in it.` : "";
  return badStep(step, {
    reason: "BadRequest",
    text: `${sentence(`${first?.what}: ${first?.why}`)}${more}`,
    fix: first === undefined ? "See hawser check." : sentence(`In ${printPlace(first.at)}: ${first.fix}`),
  });
}

/** What keeps Hawser from writing all that it writes on a Service; none where nothing does. */
export function explainStatus(object: KubeObject, input: Pick<ExplainInput, "events">): readonly ExplainStep[] {
  return [...explainContest(object), ...explainRefusal(object, input)];
}

/** The API server refuses our annotations: an Event says so, and they are missing. */
function explainRefusal({ kind, metadata }: KubeObject, { events = [] }: Pick<ExplainInput, "events">): ExplainStep[] {
  const { namespace, name, annotations } = metadata;
  const refused = events.find(
    ({ about, reason }) =>
      reason === ("AnnotationsRefused" satisfies Reason) &&
      about.kind === kind &&
      about.namespace === namespace &&
      about.name === name,
  );
  if (refused === undefined || annotations[POOL_ANNOTATION] !== undefined) return [];
  return [
    badStep("status", {
      reason: "AnnotationsRefused",
      text: "The API server refuses the annotations that Hawser writes on the Service, so its status is written without them.",
      fix: "Remove annotations from the Service: all of them together may have 256 KiB.",
    }),
  ];
}

/** Another program undoes what Hawser writes into the status. */
function explainContest(object: KubeObject): readonly ExplainStep[] {
  const { reason, message } = conditionOf(object, ADDRESS_ASSIGNED) ?? {};
  if (reason !== "StatusContested") return [];
  const { namespace, name } = object.metadata;
  return [
    badStep("status", {
      reason: "StatusContested",
      text: sentence(textOf(message) || "Another program undoes what Hawser writes into the status"),
      fix: `Find the other program: kubectl --namespace ${namespace} get service ${name} --show-managed-fields -o yaml.`,
    }),
  ];
}
