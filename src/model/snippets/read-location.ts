import { readFieldDirective } from "./read-field-directive.ts";
import { readMatch } from "./read-match.ts";
import { readReturn } from "./read-return.ts";
import type { ReadDirective } from "./read-snippet.ts";
import { readSources } from "./read-sources.ts";
import type { SnippetAnswer, SnippetLocation, SnippetResponseField } from "./snippet.ts";
import { isHarmlessInSnippet } from "./snippet-directive.ts";

/**
 * A location that is answered without an endpoint: with its `return`, which nginx does first; else 403 where `allow` and `deny` say so, and 404 as nginx
 * answers for a file that it does not have. With any other directive it is closed: what nginx would do there is not known. Undefined
 * where it cannot be said which paths it is for.
 */
export function readLocation({ args, block = [] }: ReadDirective): SnippetLocation | undefined {
  const match = readMatch(args);
  if (match === undefined) return undefined;
  let answer: SnippetAnswer | undefined;
  const access: ReadDirective[] = [];
  const responseFields: SnippetResponseField[] = [];
  for (const directive of block) {
    const fields = directive.block === undefined ? readFieldDirective(directive) : undefined;
    if (directive.name === "return" && answer === undefined) {
      answer = readReturn(directive);
      if (answer === undefined) return closedLocation(match, directive);
    } else if (isAccess(directive)) access.push(directive);
    // No endpoint gets fields of the request.
    else if (fields !== undefined) responseFields.push(...fields.response);
    else if (!needsNothing(directive)) return closedLocation(match, directive);
  }
  if (answer !== undefined) return { match, answer, responseFields };
  const sources = access.length === 0 ? undefined : readSources(access);
  if (sources === "unordered") return closedLocation(match, access[0]);
  const isForNone = access[0]?.name === "deny" && access[0].args[0] === "all";
  if (isForNone) return { match, answer: { kind: "respond", status: 403 }, responseFields };
  return { match, answer: { kind: "respond", status: 404 }, responseFields, ...(sources && { sources }) };
}

/** A location that nginx would answer in a way that Hawser does not have, because of a directive. */
export function closedLocation(match: SnippetLocation["match"], because: ReadDirective | undefined): SnippetLocation {
  return { match, answer: { kind: "closed" }, responseFields: [], ...(because && { because }) };
}

/** Whether a directive says from where clients may come in. */
export function isAccess({ name, args, block }: ReadDirective): boolean {
  return (name === "allow" || name === "deny") && args.length === 1 && block === undefined;
}

/** Whether a directive need not be done. */
export function needsNothing({ block, ...directive }: ReadDirective): boolean {
  return block === undefined && isHarmlessInSnippet(directive);
}
