import { complain, descend, entry, type Field, quote } from "#src/model/field.ts";
import { annotationRecord } from "#src/model/annotations/annotation-table.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import { INGRESS_ANNOTATIONS, SERVICE_ANNOTATIONS } from "./annotation-names.ts";
import type { CheckedSet } from "./checked-set.ts";
import { meantAnnotation } from "./meant-annotation.ts";

/** The annotations of Services and of Hawser's Ingresses that are probably meant as others. */
export function findMisspeltAnnotations(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const key of set.keysOf("Service")) checkService(set.rootOf("Service", key, problems));
  for (const { key } of set.ingresses) checkIngress(set.rootOf("Ingress", key, problems));
  return problems;
}

function checkService(root: Field): void {
  for (const [annotation, field] of annotationsOf(root)) {
    const found = meantAnnotation(annotation, SERVICE_ANNOTATIONS);
    if (found.kind !== "unknown") continue;
    const { prefix, meant } = found;
    const known = (SERVICE_ANNOTATIONS.get(prefix) ?? []).map((name) => prefix + name);
    complain(field, "SERVICE_ANNOTATION_UNKNOWN", {
      what: `Ignored the annotation ${quote(annotation)}`,
      why: "Hawser does not know it",
      fix: meant === undefined ? `Remove it, or write one of ${known.join(", ")}` : `Did you mean ${meant}?`,
      severity: "warning",
    });
  }
}

/** Unknown ones that resemble no other have a warning of the Ingress already. */
function checkIngress(root: Field): void {
  for (const [annotation, field] of annotationsOf(root)) {
    const found = meantAnnotation(annotation, INGRESS_ANNOTATIONS);
    if (found.kind !== "unknown" || found.meant === undefined) continue;
    const record = annotationRecord(found.prefix, found.meant.slice(found.prefix.length));
    const isRestriction = record?.risks?.[0]?.effect === "restriction";
    complain(field, "INGRESS_ANNOTATION_MISSPELT", {
      what: `Ignored the annotation ${quote(annotation)}`,
      why: `Hawser does not know it${isRestriction ? ", so that the Ingress is open where a restriction is meant" : ""}`,
      fix: `Did you mean ${found.meant}?`,
      severity: isRestriction ? "error" : "warning",
    });
  }
}

function annotationsOf(root: Field): readonly (readonly [string, Field])[] {
  const annotations = descend(root, "metadata", "annotations");
  return Object.keys(recordOf(annotations.value)).map((name) => [name, entry(annotations, name)]);
}
