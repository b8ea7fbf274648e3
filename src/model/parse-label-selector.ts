import type { LabelSelector, Requirement } from "./label-selector.ts";

/** A name of a label with its prefix, and a value (Kubernetes: "Labels and Selectors"). */
const NAME = String.raw`(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?`;
const VALUE = String.raw`(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?`;
const COMPARED = new RegExp(`^(${NAME})\\s*(=|==|!=)\\s*(${VALUE})$`);
const AMONG = new RegExp(`^(${NAME})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const PRESENT = new RegExp(`^(!?)\\s*(${NAME})$`);
const WHOLE_VALUE = new RegExp(`^${VALUE}$`);

/**
 * Reads a label selector as kubectl and programs take it: `team=web,tier in (a, b),!old`. Undefined where it is none; a blank one
 * is none.
 */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  // Commas between parentheses divide values.
  const found = text.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim()));
  return found.every((one) => one !== undefined) ? found : undefined;
}

function parseRequirement(text: string): Requirement | undefined {
  const [, comparedKey, sign, value = ""] = COMPARED.exec(text) ?? [];
  if (comparedKey !== undefined) return { key: comparedKey, operator: sign === "!=" ? "NotIn" : "In", values: [value] };
  const [, amongKey, word, list = ""] = AMONG.exec(text) ?? [];
  if (amongKey !== undefined) {
    const values = list.split(",").map((one) => one.trim());
    if (!values.every((one) => WHOLE_VALUE.test(one))) return undefined;
    return { key: amongKey, operator: word === "in" ? "In" : "NotIn", values };
  }
  const [, not, key] = PRESENT.exec(text) ?? [];
  return key === undefined ? undefined : { key, operator: not === "" ? "Exists" : "DoesNotExist", values: [] };
}
