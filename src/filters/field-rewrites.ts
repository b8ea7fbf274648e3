import { expandField } from "#src/auth/expand-url.ts";
import type { TemplateRequest } from "#src/auth/template-request.ts";
import type { Replacement } from "#src/model/annotations/parse-replacement.ts";
import type { RewriteText } from "#src/model/annotations/rewrite-text.ts";
import type { StepBudget } from "#src/pattern/match-program.ts";
import { isValuePattern, valueGroups, type ValuePattern } from "#src/pattern/value-pattern.ts";

/** What of the values of an endpoint's fields is written otherwise for clients. */
export interface FieldRewrites {
  /** Of cookies: the whole domain, in any case and with a dot before it or without; or what an expression matches. */
  readonly cookieDomain: Replacement | undefined;
  /** Of cookies: what the path begins with; or what an expression matches. */
  readonly cookiePath: Replacement | undefined;
  /** What a URL in Location or Refresh begins with; or what an expression matches. */
  readonly location: Replacement | undefined;
  /** One of their texts has a part that requests fill. */
  readonly hasVariables: boolean;
  /** The request that is answered, where there are variables. */
  readonly request?: TemplateRequest;
}

/** What values are written with; `budget`: the steps that all comparisons of one answer may take. */
interface RewriteContext {
  readonly request: TemplateRequest | undefined;
  readonly budget: StepBudget;
}

/** Of all expressions for one answer; values that are beyond stay as they are. */
const MAX_STEPS = 100_000;

/** What the rewrites of one answer may take. */
export type RewriteBudget = StepBudget;

export function rewriteBudget(): RewriteBudget {
  return { left: MAX_STEPS };
}

/** The value that clients get of a field (its name in lower case) of an endpoint's answer; undefined: as it is. As nginx does it. */
export function rewriteField(
  rewrites: FieldRewrites,
  { name, value }: { readonly name: string; readonly value: string },
  budget: RewriteBudget,
): string | undefined {
  const context = { request: rewrites.request, budget };
  switch (name) {
    case "set-cookie":
      return rewriteCookie(rewrites, value, context);
    case "location":
      return rewriteUrl(rewrites.location, value, 0, context);
    case "refresh": {
      const at = value.toLowerCase().indexOf("url=");
      return at === -1 ? undefined : rewriteUrl(rewrites.location, value, at + "url=".length, context);
    }
    default:
      return undefined;
  }
}

function rewriteUrl(
  location: Replacement | undefined,
  value: string,
  at: number,
  context: RewriteContext,
): string | undefined {
  const changed = location && changeStart(location, value.slice(at), context);
  return changed === undefined ? undefined : value.slice(0, at) + changed;
}

/** An attribute of a cookie; the first part, which is its name and value, is none. */
const ATTRIBUTE = /^(?<before>\s*(?<name>domain|path)\s*=\s*)(?<value>.*?)(?<after>\s*)$/i;

function rewriteCookie(
  { cookieDomain, cookiePath }: FieldRewrites,
  value: string,
  context: RewriteContext,
): string | undefined {
  if (cookieDomain === undefined && cookiePath === undefined) return undefined;
  const [pair = "", ...attributes] = value.split(";");
  const written = attributes.map((attribute) => {
    const { before = "", name = "", value: text = "", after = "" } = ATTRIBUTE.exec(attribute)?.groups ?? {};
    if (name === "") return attribute;
    const isPath = name.toLowerCase() === "path";
    const changed = isPath
      ? cookiePath && changeStart(cookiePath, text, context)
      : cookieDomain && changeDomain(cookieDomain, text, context);
    return before + (changed ?? text) + after;
  });
  return [pair, ...written].join(";");
}

/** A text whose beginning is another one; where an expression matches it, all of it. Undefined: it is not one of these. */
function changeStart({ source, target }: Replacement, text: string, context: RewriteContext): string | undefined {
  const { from } = source;
  if (isValuePattern(from)) return changeMatch(from, target.to, { text, context });
  const start = filled(from, [], context);
  return text.startsWith(start) ? filled(target.to, [], context) + text.slice(start.length) : undefined;
}

function changeDomain({ source, target }: Replacement, text: string, context: RewriteContext): string | undefined {
  const { from } = source;
  if (isValuePattern(from)) return changeMatch(from, target.to, { text, context });
  const dot = text.startsWith(".") ? "." : "";
  const isSame = text.slice(dot.length).toLowerCase() === withoutDot(filled(from, [], context)).toLowerCase();
  return isSame ? dot + withoutDot(filled(target.to, [], context)) : undefined;
}

function changeMatch(
  pattern: ValuePattern,
  to: RewriteText,
  { text, context }: { readonly text: string; readonly context: RewriteContext },
): string | undefined {
  const groups = valueGroups(pattern, text, context.budget);
  return groups && filled(to, groups, context);
}

function filled(text: RewriteText, groups: readonly string[], { request }: RewriteContext): string {
  return text
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (part.kind === "group") return groups[part.group] ?? "";
      return request === undefined ? "" : expandField([part], request);
    })
    .join("");
}

function withoutDot(domain: string): string {
  return domain.startsWith(".") ? domain.slice(1) : domain;
}
