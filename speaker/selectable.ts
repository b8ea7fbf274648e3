import type { Link } from "#src/linux/link-watcher.ts";
import type { SelectableInterface } from "#src/model/takes-interface.ts";

/** What of a link selectors of interfaces look at: the same as other nodes know of it from its member record. */
export function selectable({ name, addresses }: Link): SelectableInterface {
  return { name, addresses: addresses.filter(({ scope }) => scope === "global").map(({ ip }) => ip) };
}
