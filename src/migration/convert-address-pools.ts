import { type KubeObject, parseObject } from "#src/model/object.ts";
import { recordOf, textOf } from "#src/model/record.ts";
import type { MetallbInstallation } from "./metallb-installation.ts";

/** An AddressPool in the form that Hawser reads, as objects to be written into a manifest. */
export interface ConvertedPool {
  readonly name: string;
  /** An IPAddressPool, and for the protocol layer2 an L2Advertisement. */
  readonly manifests: readonly Readonly<Record<string, unknown>>[];
  readonly isBgp: boolean;
}

/** The AddressPools as IPAddressPools and L2Advertisements; not those of which an IPAddressPool has the name already. */
export function convertAddressPools({ addressPools, namespace, names }: MetallbInstallation): readonly ConvertedPool[] {
  const taken = names.get("IPAddressPool") ?? [];
  const advertisements = new Set(names.get("L2Advertisement"));
  return addressPools.flatMap(({ name, fields }) => {
    if (taken.includes(name)) return [];
    const spec = recordOf(fields["spec"]);
    const isBgp = textOf(spec["protocol"]) === "bgp";
    const { addresses, autoAssign, avoidBuggyIPs } = spec;
    const kept = Object.entries({ addresses, autoAssign, avoidBuggyIPs }).filter(([, value]) => value !== undefined);
    const apiVersion = "metallb.io/v1beta1";
    const metadata = { name, namespace };
    const pool = { apiVersion, kind: "IPAddressPool", metadata, spec: Object.fromEntries(kept) };
    const advertisement = {
      apiVersion,
      kind: "L2Advertisement",
      metadata: { name: freeName(name, advertisements), namespace },
      spec: { ipAddressPools: [name] },
    };
    return [{ name, manifests: isBgp ? [pool] : [pool, advertisement], isBgp }];
  });
}

/** The name, or with as many words behind it as make it one that no object has: an L2Advertisement that exists stays as it is. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}-pool`, taken) : name;
}

/** The objects of converted pools, as a source would bring them. */
export function objectsOfConverted(pools: readonly ConvertedPool[]): readonly KubeObject[] {
  return pools.flatMap(({ name, manifests }) =>
    manifests.flatMap((manifest) => {
      const parsed = parseObject(manifest, { kind: "file", file: `AddressPool ${name}` });
      return parsed.ok ? [parsed.value] : [];
    }),
  );
}
