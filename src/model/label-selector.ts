/** How the value of a label is compared. */
export const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** One requirement of a label selector (`LabelSelectorRequirement` of the Kubernetes API). */
export interface Requirement {
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

/** Whether one of these selectors matches the labels; a list without any selects all. */
export function isSelected(selectors: readonly LabelSelector[], labels: Readonly<Record<string, string>>): boolean {
  return selectors.length === 0 || selectors.some((selector) => matchesLabels(selector, labels));
}

type Test = (value: string | undefined, values: readonly string[]) => boolean;

const tests: Readonly<Record<Requirement["operator"], Test>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};
