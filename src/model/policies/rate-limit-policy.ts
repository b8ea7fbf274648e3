import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readBoolean,
  readChoice,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { readBoundedList } from "./read-bounded-list.ts";
import { type RateLimitKeyPart, readKeyPart } from "./rate-limit-key.ts";

/** How many requests may come in a time, of those that are counted together. */
export interface RateLimitPolicy {
  readonly requests: number;
  readonly per: RateLimitPeriod;
  /** How many may come at once: a bucket of so many tokens, which fills again at the rate. At least 1. */
  readonly burst: number;
  /** Requests that have the same in all of these are counted together; empty: all are. */
  readonly key: readonly RateLimitKeyPart[];
  /** Counted with all replicas, where the program has a store for it. */
  readonly isShared: boolean;
  /** Answers say the limit in header fields. */
  readonly headerFields: boolean;
  /** What it counts: its policy, and all of it that says which requests are counted together. */
  readonly zone: string;
}

const RATE_LIMIT_PERIODS = ["second", "minute", "hour", "day"] as const;
export type RateLimitPeriod = (typeof RATE_LIMIT_PERIODS)[number];

export const PERIOD_SECONDS: Readonly<Record<RateLimitPeriod, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
};

/** Of one policy, and of the key of one limit: each request is counted for all of them. */
const MAX_LIMITS = 16;
const MAX_PARTS = 8;
/** Counted exactly up to here (`src/filters/leaky-bucket.ts`). */
const COUNT = { min: 1, max: 1_000_000 };
const KEYS = ["requests", "per", "burst", "key", "shared", "headerFields"];

/**
 * The `rateLimits` of a policy; empty: no limits. Undefined where the field is unset, or where any of it cannot be read: then
 * it has an error. 0 requests are refused, because 0 means no limit in annotations and none at all elsewhere.
 */
export function readRateLimits(field: Field): readonly RateLimitPolicy[] | undefined {
  if (isUnset(field)) return undefined;
  const owner = JSON.stringify(field.holder);
  const limits = readBoundedList(field, MAX_LIMITS, (entry) => readRateLimit(entry, owner));
  return limits === undefined || hasTwins(limits, readList(field)) ? undefined : limits;
}

function readRateLimit(field: Field, owner: string): RateLimitPolicy | undefined {
  if (isUnset(field)) return complainMissing(field, "Write a limit, or remove the entry");
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, KEYS);
  const requests = readCount(child(field, "requests"));
  const perField = child(field, "per");
  const per = isUnset(perField)
    ? complainMissing(perField, `Write per: one of ${RATE_LIMIT_PERIODS.join(", ")}`)
    : readChoice(perField, RATE_LIMIT_PERIODS);
  const burst = readInteger(child(field, "burst"), COUNT);
  const key = readBoundedList(child(field, "key"), MAX_PARTS, readKeyPart) ?? [];
  const isShared = readBoolean(child(field, "shared")) ?? false;
  const headerFields = readBoolean(child(field, "headerFields")) ?? false;
  if (requests === undefined || per === undefined) return undefined;
  const counted = [requests, per, isShared, key.map((part) => [part.type, "name" in part ? part.name : ""])];
  return {
    requests,
    per,
    burst: burst ?? requests,
    key,
    isShared,
    headerFields,
    zone: `${owner} ${JSON.stringify(counted)}`,
  };
}

function readCount(field: Field): number | undefined {
  if (isUnset(field)) return complainMissing(field, "Write how many requests may come in the time of per");
  if (field.value === 0)
    return complainInvalid(
      field,
      "a limit of 0 lets nothing in, or everything, depending on who reads it",
      "Remove the limit to let all requests in, or close the path with denylist-source-range: 0.0.0.0/0, ::/0",
    );
  return readInteger(field, COUNT);
}

/** Whether two limits count the same requests together at one rate: the one with the lower burst would decide alone. Each has a Problem. */
function hasTwins(limits: readonly RateLimitPolicy[], entries: readonly Field[]): boolean {
  const first = new Map<string, Field>();
  for (const [index, limit] of limits.entries()) {
    const entry = entries[index]!;
    const before = first.get(limit.zone);
    if (before === undefined) first.set(limit.zone, entry);
    else
      complain(entry, "FIELD_DUPLICATE", {
        what: "Cannot use this limit",
        why: `${before.path} counts the same requests at the same rate`,
        fix: "Remove one of the two",
      });
  }
  return first.size < limits.length;
}
