import { globalAddresses, type Link } from "#src/linux/link.ts";
import type { SelectableInterface } from "#src/model/takes-interface.ts";

/** What of a link selectors of interfaces look at: the same as other nodes know of it from its member record. */
export function selectable(link: Link): SelectableInterface {
  return { name: link.name, addresses: globalAddresses(link).map(({ ip }) => ip) };
}
