import { type Field, quote } from "#src/model/field.ts";
import { parseTemplate, type RequestTemplate } from "./request-template.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

/** Reads an annotation with variables of a closed list. */
export function parseRequestTemplate(field: Field): RequestTemplate | undefined {
  const text = String(field.value).trim();
  const parts = /^[\x20-\x7e]*$/.test(text) ? parseTemplate(text) : "it has other characters than visible ASCII";
  if (typeof parts !== "string") return parts;
  return settingUnreadable(field, {
    what: `Ignored ${quote(text)}`,
    why: parts,
    fix: "Write a text such as $remote_user$http_authorization",
  });
}
