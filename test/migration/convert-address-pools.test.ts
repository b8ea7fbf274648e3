import { describe, expect, it } from "vitest";
import { convertAddressPools } from "#src/migration/convert-address-pools.ts";
import type { MetallbInstallation } from "#src/migration/metallb-installation.ts";

/** `Kind name` of what is written for one AddressPool `old` beside these objects. */
function written(names: Readonly<Record<string, readonly string[]>>, protocol = "layer2"): readonly string[] {
  const fields = { spec: { protocol, addresses: ["192.0.2.0/28"] } };
  const installation = {
    namespace: "metallb-system",
    addressPools: [{ name: "old", fields }],
    names: new Map(Object.entries(names)),
  } as unknown as MetallbInstallation;
  return convertAddressPools(installation).flatMap(({ manifests }) =>
    manifests.map(({ kind, metadata }) => `${String(kind)} ${(metadata as { name: string }).name}`),
  );
}

describe("G convertAddressPools() writes over nothing that is there", () => {
  it.each([
    { name: "beside nothing else", names: {}, is: ["IPAddressPool old", "L2Advertisement old"] },
    { name: "beside an IPAddressPool of the name: it was converted before", names: { IPAddressPool: ["old"] }, is: [] },
    {
      name: "beside an L2Advertisement of the name, which may be for other pools and nodes",
      names: { L2Advertisement: ["old"] },
      is: ["IPAddressPool old", "L2Advertisement old-pool"],
    },
    {
      name: "beside L2Advertisements of both names",
      names: { L2Advertisement: ["old", "old-pool"] },
      is: ["IPAddressPool old", "L2Advertisement old-pool-pool"],
    },
    { name: "one of BGP has no L2Advertisement", names: {}, protocol: "bgp", is: ["IPAddressPool old"] },
  ])("$name", ({ names, protocol, is }) => expect(written(names, protocol)).toEqual(is));
});
