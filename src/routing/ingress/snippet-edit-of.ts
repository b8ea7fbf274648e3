import { printLimitPolicies } from "#src/filters/print-limit-policies.ts";
import type { FieldEdit } from "#src/filters/response-edit.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import type { SnippetField, SnippetResponseField } from "#src/model/snippets/snippet.ts";

/** The fields of requests that the snippets of an Ingress set, those for its hosts first. */
export function requestFieldsOf({ serverSnippet, configurationSnippet }: IngressSettings): readonly SnippetField[] {
  return [...(serverSnippet?.requestFields ?? []), ...(configurationSnippet?.requestFields ?? [])];
}

/** What the snippets of an Ingress do to the heads of answers, those for its hosts first, and then policies: which limits they have, and the fields that they name. */
export function snippetEditOf(settings: PathSettings): FieldEdit | undefined {
  const { serverSnippet, configurationSnippet, responseHeaderModifier = [] } = settings;
  const limits = printLimitPolicies(settings.rateLimits ?? []);
  const ofLimits =
    limits === undefined ? [] : [{ act: "set", name: "RateLimit-Policy", value: limits, onErrors: true } as const];
  const ofSnippets = [...(serverSnippet?.responseFields ?? []), ...(configurationSnippet?.responseFields ?? [])];
  return editOf([...ofSnippets, ...ofLimits, ...responseHeaderModifier]);
}

/** What these fields do to the heads of answers, those of several that set one field as the last says; undefined: nothing. */
export function editOf(fields: readonly SnippetResponseField[]): FieldEdit | undefined {
  if (fields.length === 0) return undefined;
  const lastSet = new Map(fields.flatMap((field) => (field.act === "add" ? [] : [[field.name.toLowerCase(), field]])));
  const kept = fields.filter((field) => field.act === "add" || lastSet.get(field.name.toLowerCase()) === field);
  const linesOf = (onErrors: boolean) =>
    kept
      .filter((field) => field.act !== "clear" && field.onErrors === onErrors)
      .map(({ name, value }) => `${name}: ${value}\r\n`)
      .join("");
  const linesWithoutError = linesOf(false);
  return {
    removes: new Set(lastSet.keys()),
    lines: linesOf(true),
    ...(linesWithoutError !== "" && { linesWithoutError }),
  };
}
