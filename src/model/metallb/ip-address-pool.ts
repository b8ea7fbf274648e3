import {
  child,
  complain,
  type Field,
  hasError,
  quote,
  readBoolean,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import type { KubeObject } from "#src/model/object.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import { complainOfOverlaps, type PlacedRange, readPoolRange } from "#src/model/pool-range.ts";
import type { Parsed } from "#src/model/problem.ts";
import { warnOfUnknownKeys } from "#src/model/unknown-keys.ts";
import { readPoolAnnotations } from "./pool-annotations.ts";
import { openResource, type Resource } from "./resource.ts";
import { readUniqueSelectors, readUniqueTexts } from "./read-unique.ts";

/** An IPAddressPool (metallb.io/v1beta1), strictly read. */
export interface IpAddressPool extends Resource {
  readonly pool: Pool;
  /** The ranges of the pool, with their places for findings about several pools. */
  readonly addresses: readonly PlacedRange[];
}

const KEYS = ["addresses", "autoAssign", "avoidBuggyIPs", "serviceAllocation"];
const ALLOCATION_KEYS = ["priority", "namespaces", "namespaceSelectors", "serviceSelectors"];
/** The API's type is a 32 bit number on some platforms. */
const MAX_PRIORITY = 2 ** 31 - 1;

/** Reads an IPAddressPool, and our annotations on it. */
export function parseIpAddressPool(object: KubeObject): Parsed<IpAddressPool> {
  const { resource, root, spec } = openResource(object, { keys: KEYS, isSpecRequired: true });
  const { problems } = root;
  const addresses = readAddresses(child(spec, "addresses"), resource.name);
  const ranges = addresses.map(({ range }) => range);
  const pool = {
    ...PLAIN_POOL,
    name: resource.name,
    resource: resource.key,
    ranges,
    autoAssign: readBoolean(child(spec, "autoAssign")) ?? PLAIN_POOL.autoAssign,
    avoidBuggyIps: readBoolean(child(spec, "avoidBuggyIPs")) ?? PLAIN_POOL.avoidBuggyIps,
    ...readAllocation(child(spec, "serviceAllocation")),
    ...readPoolAnnotations(root, ranges),
  };
  return hasError(problems) ? { ok: false, problems } : { ok: true, value: { ...resource, pool, addresses }, problems };
}

function readAddresses(list: Field, name: string): readonly PlacedRange[] {
  const entries = readList(list);
  const addresses = entries.flatMap((entry) => readPoolRange(entry) ?? []);
  if (entries.length === 0 && !hasError(list.problems))
    complain(list, "POOL_WITHOUT_ADDRESSES", {
      what: `Cannot use pool ${quote(name)}`,
      why: "it has no addresses",
      fix: 'Write at least one CIDR or range, such as "192.0.2.10-192.0.2.20"',
    });
  complainOfOverlaps(addresses);
  return addresses;
}

type Allocation = Pick<Pool, "priority" | "namespaces" | "namespaceSelectors" | "serviceSelectors">;

/** For which Services a pool is; one that names none is for all. */
function readAllocation(field: Field): Allocation {
  readMap(field);
  warnOfUnknownKeys(field, ALLOCATION_KEYS);
  return {
    priority: readInteger(child(field, "priority"), { min: -MAX_PRIORITY, max: MAX_PRIORITY }) ?? PLAIN_POOL.priority,
    namespaces: readUniqueTexts(child(field, "namespaces")),
    namespaceSelectors: readUniqueSelectors(child(field, "namespaceSelectors")),
    serviceSelectors: readUniqueSelectors(child(field, "serviceSelectors")),
  };
}
