import type { PreferredNodes } from "./advertisement.ts";
import { child, complainMissing, type Field, isUnset, readEach, readInteger, readList } from "./field.ts";
import { readLabelSelector } from "./read-label-selectors.ts";

/** Reads `preferred-nodes`: label selectors of nodes, each with a weight from 1 to 100. */
export function readPreferredNodes(field: Field): readonly PreferredNodes[] {
  return readEach(readList(field), (one) => {
    const selector = readLabelSelector(one, { besides: ["weight"] });
    const weightField = child(one, "weight");
    if (selector !== undefined && isUnset(weightField)) complainMissing(weightField, "Write a number from 1 to 100");
    const weight = readInteger(weightField, { min: 1, max: 100 });
    return selector === undefined || weight === undefined ? undefined : { weight, selector };
  });
}
