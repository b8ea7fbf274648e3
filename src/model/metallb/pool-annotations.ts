import type { IpRange } from "#src/ip/range.ts";
import { firstAnnotation } from "#src/model/annotation.ts";
import { CONFLICT_POLICIES } from "#src/model/conflict-policy.ts";
import { complain, complainInvalid, descend, entry, type Field, readChoice } from "#src/model/field.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Pool } from "#src/model/pool.ts";
import { isRecord } from "#src/model/record.ts";
import { readExclusions } from "#src/model/exclusions.ts";
import { readPreferredNodes } from "#src/model/read-preferred-nodes.ts";
import { readRestTime } from "#src/model/rest-time.ts";
import { readYamlList } from "./read-yaml-list.ts";

const PREFIX = "hawser.dev/";
/** Our annotations on an IPAddressPool without their prefix, for what MetalLB's definition of the kind has no field for. */
export const POOL_ANNOTATIONS = [
  "excluded-addresses",
  "quota-per-namespace",
  "rest-time",
  "warning-percent",
  "preferred-nodes",
  "conflict",
  "disabled",
] as const;
const MAX_QUOTA = 2 ** 31 - 1;
const PREFERRED_EXAMPLE = "[{ weight: 50, match-labels: { zone: a } }]";

type Extras = Partial<
  Pick<
    Pool,
    "excluded" | "quotaPerNamespace" | "restMs" | "warningPercent" | "preferredNodes" | "conflict" | "isDisabled"
  >
>;

/** Reads our annotations on an IPAddressPool that has these ranges. */
export function readPoolAnnotations(root: Field, ranges: readonly IpRange[]): Extras {
  warnOfUnknown(root);
  const [excluded, quota, rest, warning, preferred, conflicting, disabled] = POOL_ANNOTATIONS.map((name) =>
    firstAnnotation(root, [PREFIX + name]),
  );
  const quotaPerNamespace = quota && readNumber(quota, { max: MAX_QUOTA, example: "10" });
  const restMs = rest && readRestTime(rest, textOf(rest));
  const warningPercent = warning && readNumber(warning, { max: 100, example: "90" });
  const nodes = preferred && readYamlList(preferred, PREFERRED_EXAMPLE);
  const conflict = conflicting && readChoice({ ...conflicting, value: textOf(conflicting) }, CONFLICT_POLICIES);
  const isDisabled = disabled && readSwitch(disabled);
  return {
    ...(excluded === undefined ? {} : { excluded: readExcluded(excluded, ranges) }),
    ...(quotaPerNamespace === undefined ? {} : { quotaPerNamespace }),
    ...(restMs === undefined ? {} : { restMs }),
    ...(warningPercent === undefined ? {} : { warningPercent }),
    ...(nodes === undefined ? {} : { preferredNodes: readPreferredNodes(nodes) }),
    ...(conflict === undefined ? {} : { conflict }),
    ...(isDisabled === undefined ? {} : { isDisabled }),
  };
}

/** Entries separated by commas. */
function readExcluded(field: Field, ranges: readonly IpRange[]): readonly IpRange[] {
  const entries = textOf(field)
    .split(",")
    .map((text) => ({ ...field, value: text.trim() }));
  return readExclusions(entries, ranges);
}

/** A whole number from 1 on. */
function readNumber(field: Field, { max, example }: { readonly max: number; readonly example: string }) {
  const number = /^\d{1,10}$/.test(textOf(field)) ? Number(textOf(field)) : 0;
  if (number >= 1 && number <= max) return number;
  const range = max === MAX_QUOTA ? "of 1 or more" : `from 1 to ${max}`;
  return complainInvalid(field, `it is not a whole number ${range}`, `Write it as "${example}"`);
}

function readSwitch(field: Field): boolean | undefined {
  const text = textOf(field);
  if (text === "true" || text === "false") return text === "true";
  return complainInvalid(field, "it is neither true nor false", 'Write "true" or "false"');
}

function textOf({ value }: Field): string {
  return String(value).trim();
}

function warnOfUnknown(root: Field): void {
  const annotations = descend(root, "metadata", "annotations");
  if (!isRecord(annotations.value)) return;
  for (const key of Object.keys(annotations.value)) {
    const name = key.slice(PREFIX.length);
    if (!key.startsWith(PREFIX) || (POOL_ANNOTATIONS as readonly string[]).includes(name)) continue;
    const meant = nearest(name, POOL_ANNOTATIONS);
    complain(entry(annotations, key), "RESOURCE_UNKNOWN_KEY", {
      what: `Ignored the annotation ${key}`,
      why: `the annotations of an IPAddressPool are ${POOL_ANNOTATIONS.map((one) => PREFIX + one).join(", ")}`,
      fix: meant === undefined ? "Remove it, or write one of these" : `Did you mean ${PREFIX}${meant}?`,
      severity: "warning",
    });
  }
}
