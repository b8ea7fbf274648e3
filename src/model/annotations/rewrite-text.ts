import { parseTemplate, type TemplatePart } from "./request-template.ts";

/** A text in which requests and groups of an expression fill parts. */
export type RewriteText = readonly RewritePart[];

/** `group`: the number of a group of the expression. */
type RewritePart = TemplatePart | { readonly kind: "group"; readonly group: number };

/** Of each text as it is written. */
const MAX_LENGTH = 256;
/** Nothing that a header field cannot have. */
const VISIBLE = /^[\x20-\x7e]*$/;
/** nginx has groups of one digit alone. */
const GROUP = /(\$[1-9]|\$\{[1-9]\})/;

/** Reads a text with variables and, where an expression has groups, with these; as a text alone, why it cannot be used. */
export function readRewriteText(text: string, has: { readonly groups: boolean }): RewriteText | string {
  if (text.length > MAX_LENGTH) return `it has more than ${MAX_LENGTH} characters`;
  if (!VISIBLE.test(text)) return "it has a character that is not visible ASCII";
  const parts: RewritePart[] = [];
  for (const part of text.split(GROUP)) {
    const isGroup = GROUP.test(part);
    if (isGroup && !has.groups) return `${part} is a group, and there is no regular expression`;
    const template = isGroup ? [] : parseTemplate(part);
    if (typeof template === "string") return template;
    parts.push(...(isGroup ? [{ kind: "group", group: Number(part.replaceAll(/\D/g, "")) } as const] : template));
  }
  return parts;
}
