import { complain, type Field, quote } from "#src/model/field.ts";
import type { SnippetDirective } from "#src/model/snippets/snippet-directive.ts";
import type { AnnotationRecord } from "./annotation-record.ts";
import { insteadOfDirective } from "./instead-of-directive.ts";
import { whatIsClosed } from "./what-is-closed.ts";

/** Adds a finding about a snippet that closes its Ingress, because of this directive. */
export function snippetCloses(
  field: Field,
  scope: AnnotationRecord["scope"],
  { name, text, line }: SnippetDirective,
): undefined {
  return complain(field, "INGRESS_SNIPPET_UNSUPPORTED", {
    what: whatIsClosed(scope),
    why: `Hawser has no nginx, and line ${line} of the snippet (${quote(text)}) may restrict who comes in or what is reached`,
    fix: insteadOfDirective(name),
  });
}
