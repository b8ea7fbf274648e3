import { ADDRESS_WISH, type ServiceUse } from "./service-use.ts";
import { counted } from "#src/model/counted.ts";
import { named } from "./named.ts";
import type { MigrationFacts } from "./migration-facts.ts";
import type { MigrationItem } from "./migration-item.ts";

/** What of an installation of MetalLB Hawser takes as it is. */
export function worksAsItIs(facts: MigrationFacts): readonly MigrationItem[] {
  return [...configurationItems(facts), ...serviceItems(facts.use)];
}

function configurationItems({ metallb: { era, names }, configMap }: MigrationFacts): readonly MigrationItem[] {
  if (era === "config-map")
    return [
      {
        topic: "ConfigMap",
        objects: [configMap],
        text: `ConfigMap ${configMap}: all its pools with protocol layer2. It is read as strictly as MetalLB reads it.`,
      },
    ];
  return (["IPAddressPool", "L2Advertisement"] as const).flatMap((kind) => {
    const objects = names.get(kind) ?? [];
    if (objects.length === 0) return [];
    const text = `${counted(objects.length, kind)}, with all fields: ${named(objects)}.`;
    return [{ topic: kind, objects, text }];
  });
}

function serviceItems({
  services,
  addresses,
  annotations,
  withSpecAddress,
  adopted,
}: ServiceUse): readonly MigrationItem[] {
  const items: MigrationItem[] = [];
  if (addresses > 0)
    items.push({
      topic: "addresses",
      objects: [],
      text: `${counted(addresses, "address", "addresses")} in the statuses of ${counted(services, "Service")}: Hawser adopts what is there before it assigns anything. What stays is said below.`,
    });
  for (const [name, keys] of annotations)
    items.push({ topic: name, objects: keys, text: `${name} on ${counted(keys.length, "Service")}: ${named(keys)}.` });
  if (withSpecAddress.length > 0)
    items.push({
      topic: ADDRESS_WISH,
      objects: withSpecAddress,
      text: `${ADDRESS_WISH} of ${counted(withSpecAddress.length, "Service")}: ${named(withSpecAddress)}.`,
    });
  if (adopted.length > 0)
    items.push({
      topic: "ip-allocated-from-pool",
      objects: adopted,
      text: `MetalLB's note of the pool on ${counted(adopted.length, "Service")}: it says that the addresses are to be adopted even where no pool contains them. Hawser writes its own note beside it and leaves MetalLB's as it is.`,
    });
  return items;
}
