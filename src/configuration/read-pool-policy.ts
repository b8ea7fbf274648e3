import type { IpRange } from "#src/ip/range.ts";
import { CONFLICT_POLICIES } from "#src/model/conflict-policy.ts";
import { child, complainInvalid, type Field, readChoice, readInteger, readList } from "#src/model/field.ts";
import { readUniqueTexts } from "#src/model/metallb/read-unique.ts";
import { isDnsLabel } from "#src/model/name.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import { readExclusions } from "#src/model/exclusions.ts";
import { readRestTime } from "#src/model/rest-time.ts";
import { readLabelSelectors } from "#src/model/read-label-selectors.ts";
import { readScalarText } from "./read-scalar-text.ts";
import { readYaml11Boolean } from "./read-yaml11-boolean.ts";

/** Keys of a pool that say which Services get its addresses, which addresses these are, and what is done where another machine has one: our own. */
export const POLICY_KEYS = [
  "priority",
  "namespaces",
  "namespace-selectors",
  "service-selectors",
  "excluded-addresses",
  "quota-per-namespace",
  "rest-time",
  "warning-percent",
  "conflict",
  "disabled",
];
/** The largest number of MetalLB's own definition. */
const MAX_NUMBER = 2 ** 31 - 1;

type Policy = Omit<Pool, "name" | "ranges" | "autoAssign" | "avoidBuggyIps">;

/** Reads our own keys of a pool, each with the value of a pool that says nothing where it is left out. */
export function readPoolPolicy(pool: Field, ranges: readonly IpRange[]): Policy {
  const quotaPerNamespace = readInteger(child(pool, "quota-per-namespace"), { min: 1, max: MAX_NUMBER });
  const restMs = readRest(child(pool, "rest-time"));
  const warningPercent = readInteger(child(pool, "warning-percent"), { min: 1, max: 100 });
  const conflict = readChoice(child(pool, "conflict"), CONFLICT_POLICIES);
  return {
    priority: readInteger(child(pool, "priority"), { min: 0, max: MAX_NUMBER }) ?? PLAIN_POOL.priority,
    namespaces: readNamespaces(child(pool, "namespaces")),
    namespaceSelectors: readLabelSelectors(child(pool, "namespace-selectors"), { selects: "namespaces" }),
    serviceSelectors: readLabelSelectors(child(pool, "service-selectors"), { selects: "Services" }),
    excluded: readExclusions(readList(child(pool, "excluded-addresses")), ranges),
    ...(quotaPerNamespace === undefined ? {} : { quotaPerNamespace }),
    ...(restMs === undefined ? {} : { restMs }),
    ...(warningPercent === undefined ? {} : { warningPercent }),
    ...(conflict === undefined ? {} : { conflict }),
    isDisabled: readYaml11Boolean(child(pool, "disabled")) ?? PLAIN_POOL.isDisabled,
  };
}

function readNamespaces(field: Field): readonly string[] {
  return readUniqueTexts(field, (entry, name) => {
    if (!isDnsLabel(name))
      complainInvalid(entry, "it cannot be the name of a namespace", "Write the name of a namespace");
  });
}

function readRest(field: Field): number | undefined {
  const text = readScalarText(field);
  return text === undefined ? undefined : readRestTime(field, text);
}
