import {
  child,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readChoice,
  readList,
  readMap,
  readText,
  readTexts,
  spellingOf,
} from "./field.ts";
import { type LabelSelector, OPERATORS, type Requirement } from "./label-selector.ts";
import { rejectUnknownKeys } from "./unknown-keys.ts";

/** How selectors are written, and what for. */
interface SelectorForm {
  /** What they select, as a message says it. Default: nodes. */
  readonly selects?: "nodes" | "namespaces" | "Services";
  /** The spelling of the keys: of MetalLB's old format (`match-labels`, the default), or of the Kubernetes API. */
  readonly spelling?: "match-labels" | "matchLabels";
  /** Whether one without requirements, which selects all, may be written. Default: no. */
  readonly mayBeEmpty?: boolean;
  /** Keys that the map has beside those of the selector, for its reader. */
  readonly besides?: readonly string[];
}

/** Reads a list of label selectors. Each mistake is a Problem. */
export function readLabelSelectors(field: Field, form: SelectorForm = {}): readonly LabelSelector[] {
  return readList(field).flatMap((one) => {
    const selector = readLabelSelector(one, form);
    return selector === undefined ? [] : [selector];
  });
}

/** Reads one label selector: two keys, of which all must hold. Undefined, with a Problem, where there is none. */
export function readLabelSelector(
  field: Field,
  { selects = "nodes", spelling = "match-labels", mayBeEmpty = false, besides = [] }: SelectorForm = {},
): LabelSelector | undefined {
  const fix = `Write ${spelling}: { KEY: VALUE }, or remove it`;
  if (isUnset(field)) return complainMissing(field, fix);
  if (!readMap(field)) return undefined;
  const inExpressions = spelling === "matchLabels" ? "matchExpressions" : "match-expressions";
  rejectUnknownKeys(field, [...besides, spelling, inExpressions]);
  const labels = readTexts(child(field, spelling));
  const expressions = readList(child(field, inExpressions));
  if (!mayBeEmpty && Object.keys(labels).length === 0 && expressions.length === 0)
    return complainInvalid(field, `it has no requirements, and would select all ${selects}`, fix);
  const wanted = Object.entries(labels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] }));
  return [...wanted, ...expressions.flatMap((one) => readRequirement(one) ?? [])];
}

/** The value of a label; a number or a boolean is the text as it is written (`1.10`, `true`). */
function readLabel(field: Field): string | undefined {
  const isPlain = typeof field.value === "number" || typeof field.value === "boolean";
  return isPlain ? spellingOf(field) : readText(field);
}

function readRequirement(field: Field): Requirement | undefined {
  if (isUnset(field)) return complainMissing(field, "Write key: and operator:");
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["key", "operator", "values"]);
  const [keyField, operatorField] = [child(field, "key"), child(field, "operator")];
  if (isUnset(keyField)) complainMissing(keyField, "Write the key of a label");
  if (isUnset(operatorField)) complainMissing(operatorField, `Write one of ${OPERATORS.join(", ")}`);
  const key = readText(keyField);
  const operator = readChoice(operatorField, OPERATORS);
  const valuesField = child(field, "values");
  const values = readList(valuesField).flatMap((value) => readLabel(value) ?? []);
  if (key === undefined || operator === undefined) return undefined;
  const takesValues = operator === "In" || operator === "NotIn";
  if (takesValues === values.length > 0) return { key, operator, values };
  return takesValues
    ? complainMissing(valuesField, `Write the values that ${operator} compares with`)
    : complainInvalid(valuesField, `operator ${operator} takes no values`, "Remove the values");
}
