import { complain, quote, readList } from "#src/model/field.ts";
import { isExcluding, takesInterface } from "#src/model/takes-interface.ts";
import { listed } from "#src/model/listed.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";
import type { PoolPlaces } from "./pool-places.ts";

/** Names in one message. */
const NAMES_SHOWN = 6;

/**
 * The interfaces that pools and L2Advertisements name, by name, pattern or network, and that no speaker announces on. Finds nothing where no speaker of a
 * cluster says which interfaces it has: files do not show them.
 */
export function findUnknownInterfaces({ advertisements, members }: CheckedSet, places: PoolPlaces): readonly Problem[] {
  const problems: Problem[] = [];
  const links = members.flatMap(({ interfaces }) => interfaces);
  const known = new Set(links.map(({ name }) => name));
  if (known.size === 0) return problems;
  for (const rule of advertisements) {
    if (rule.kind !== "layer2") continue;
    const unknown = rule.interfaces.filter(
      (selector) => !isExcluding(selector) && !links.some((link) => takesInterface([selector], link)),
    );
    if (unknown.length === 0) continue;
    const list = { ...places.interfacesOf(rule), problems };
    const fields = readList({ ...list, problems: [] });
    for (const name of unknown) {
      const field = fields.find(({ value }) => value === name);
      complain({ ...list, ...(field && { path: field.path, place: field.place }) }, "ADVERTISEMENT_INTERFACE_UNKNOWN", {
        what: `No node announces on interface ${quote(name)}`,
        why: `speakers announce only on ${listed([...known].sort(), NAMES_SHOWN)}`,
        fix: "Write a name as ip link shows it on the nodes, or remove it",
        severity: "warning",
      });
    }
  }
  return problems;
}
