import type { AnnotationRecord } from "./annotation-record.ts";

/** What a Problem says of an Ingress that an annotation of this scope closes. */
export function whatIsClosed(scope: AnnotationRecord["scope"]): string {
  return scope === "host" ? "Closed all paths of the hosts of this Ingress" : "Closed all paths of this Ingress";
}
