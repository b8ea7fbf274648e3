import { printPlace } from "#src/model/problem-place.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import { type Fields, recordOf, recordsOf } from "#src/model/record.ts";
import { REASONS } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, listNames, okStep, sentence, timeText, unknownStep } from "./explain-step.ts";
import type { EventView } from "./status-input.ts";

/** Steps for warnings of Ingresses at most: `hawser check` finds all. */
const MAX_WARNED = 3;

/** The Ingresses that send requests to a Service, and the last warning about each; nothing where there are none. */
export function explainIngresses({ input }: ExplainContext, service: Service): readonly ExplainStep[] {
  if (input.ingresses === undefined) {
    const text = "Whether an Ingress sends requests to it cannot be known: Ingresses may not be read.";
    return [unknownStep("ingress", { text })];
  }
  const found = input.ingresses.filter(
    (object) => object.metadata.namespace === service.namespace && leadsTo(object, service.name),
  );
  const warned = found.flatMap((object) => {
    const event = lastWarning(input.events ?? [], object);
    return event === undefined ? [] : [{ object, event }];
  });
  const well = found.filter((object) => !warned.some((one) => one.object === object));
  const names = listNames(well.map(({ metadata }) => `"${keyOf(metadata)}"`));
  const text =
    well.length === 1 ? `The Ingress ${names} sends requests to it.` : `The Ingresses ${names} send requests to it.`;
  return [
    ...(well.length === 0 ? [] : [okStep("ingress", { text })]),
    ...warned.slice(0, MAX_WARNED).map(({ object, event }) => explainWarning(object, event, input.nowMs)),
  ];
}

/** Whether a backend of an Ingress, in the form of any version, names the Service; also where the path may not be served. */
function leadsTo(object: KubeObject, service: string): boolean {
  const spec = recordOf(object["spec"]);
  const paths = recordsOf(spec["rules"]).flatMap(({ http }) => recordsOf(recordOf(http)["paths"]));
  const backends = [spec["defaultBackend"], spec["backend"], ...paths.map(({ backend }) => backend)].map(recordOf);
  return backends.some((one: Fields) => one["serviceName"] === service || recordOf(one["service"])["name"] === service);
}

/** The last Event about an Ingress, where it is a warning. */
function lastWarning(events: readonly EventView[], { metadata }: KubeObject): EventView | undefined {
  const last = events.findLast(({ about }) => about.kind === "Ingress" && keyOf(about) === keyOf(metadata));
  return last?.type === "Warning" ? last : undefined;
}

/** An Event says what was wrong then. That an Ingress cannot be read is seen now, too. */
function explainWarning(object: KubeObject, { reason: said, message, time }: EventView, nowMs: number): ExplainStep {
  const reason = REASONS.find((one) => one === said) ?? "";
  const name = `The Ingress "${keyOf(object.metadata)}"`;
  const [first] = parseIngress(object).problems.filter(({ severity }) => severity === "error");
  if (reason === "NotServed" && first !== undefined)
    return badStep("ingress", {
      reason,
      text: sentence(`${name} sends requests to it, and is not served as written: ${first.what}: ${first.why}`),
      fix: sentence(`In ${printPlace(first.at)}: ${first.fix}`),
    });
  return unknownStep("ingress", {
    reason,
    text: sentence(`${name} has an Event of ${timeText(time, nowMs)}: ${message}`),
    fix: "Run hawser check on the cluster or the folder: it says whether this is still so.",
  });
}
