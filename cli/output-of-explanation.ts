import type { Explanation } from "#src/view/explain.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { printExplanation } from "./print-explanation.ts";
import type { Output } from "./print-output.ts";

/** What `hawser explain` prints. Its objects are the Services that it is about. */
export function outputOfExplanation(explanation: Explanation): Output {
  return {
    documents: () => [explanation],
    text: (isWide) => printExplanation(explanation, isWide),
    names: () => objectsByKey("Service", servicesOf(explanation.subject)),
  };
}

function servicesOf(subject: Explanation["subject"]): readonly string[] {
  if (subject.kind === "Service") return [`${subject.namespace}/${subject.name}`];
  if (subject.kind === "Address") return subject.services ?? [];
  // With its port.
  return [subject.answer?.service?.replace(/:[^:]*$/, "") ?? ""];
}
