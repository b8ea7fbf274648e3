import type { IpRange } from "#src/ip/range.ts";
import { parseRange } from "#src/ip/range.ts";
import { child, complain, quote, readList } from "#src/model/field.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { openResource, type Resource } from "./resource.ts";

/** An AddressPool of MetalLB 0.13: what is known of it, so that it can be named where its addresses are asked for. */
export interface AddressPool extends Resource {
  /** Those that can be read. */
  readonly ranges: readonly IpRange[];
}

/** Says what takes the place of an AddressPool: nothing of it is used. */
export function parseAddressPool(object: KubeObject): Parsed<AddressPool> {
  const { resource, root, spec } = openResource(object, { keys: [] });
  const { name } = resource;
  const isBgp = child(spec, "protocol").value === "bgp";
  const addresses = readList({ ...child(spec, "addresses"), problems: [] });
  const ranges = addresses.flatMap(({ value }) => {
    const parsed = typeof value === "string" ? parseRange(value) : undefined;
    return parsed?.ok === true ? [parsed.range] : [];
  });
  // Whatever else is wrong with it does not matter.
  const problems = root.problems.splice(0);
  problems.length = 0;
  complain(root, "RESOURCE_KIND_REPLACED", {
    what: "Ignored this AddressPool, so that no Service gets an address of it",
    why: "MetalLB replaced the kind by IPAddressPool and L2Advertisement, and Hawser reads only these",
    fix:
      `Write an IPAddressPool ${quote(name)} with its addresses, and an L2Advertisement with ipAddressPools: [${name}]` +
      `${isBgp ? " if the nodes are in the network of these addresses, because Hawser does not speak BGP" : ""}; ` +
      "hawser migrate metallb prints them",
  });
  return { ok: true, value: { ...resource, ranges }, problems: root.problems };
}
