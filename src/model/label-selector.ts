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
import { rejectUnknownKeys } from "./unknown-keys.ts";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** One requirement of a label selector (`LabelSelectorRequirement` of the Kubernetes API). */
interface Requirement {
  readonly key: string;
  readonly operator: (typeof OPERATORS)[number];
  /** None for Exists and DoesNotExist, else at least one. */
  readonly values: readonly string[];
}

/** A label selector: all its requirements must hold. */
export type LabelSelector = readonly Requirement[];

/** Whether labels meet all requirements; as in the API, NotIn holds where the label is missing. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return selector.every(({ key, operator, values }) => tests[operator](valueOf(key), values));
}

type Test = (value: string | undefined, values: readonly string[]) => boolean;

const tests: Readonly<Record<Requirement["operator"], Test>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};

/**
 * Reads a list of selectors with the keys that MetalLB's old format has for its peers: `match-labels` and
 * `match-expressions`. Each mistake is a Problem; so is an empty selector, because it selects all nodes.
 */
export function readLabelSelectors(field: Field): readonly LabelSelector[] {
  return readList(field).flatMap((one) => {
    const selector = readSelector(one);
    return selector === undefined ? [] : [selector];
  });
}

function readSelector(field: Field): LabelSelector | undefined {
  const fix = "Write match-labels: { KEY: VALUE }, or remove it";
  if (isUnset(field)) return complainMissing(field, fix);
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["match-labels", "match-expressions"]);
  const labels = readTexts(child(field, "match-labels"));
  const expressions = readList(child(field, "match-expressions"));
  if (Object.keys(labels).length === 0 && expressions.length === 0)
    return complainInvalid(field, "it has no requirements, and would select all nodes", fix);
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
