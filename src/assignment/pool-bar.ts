import { isSelected, matchesLabels } from "#src/model/label-selector.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { NamespaceLabels } from "./snapshot.ts";

/** Why a pool gives a Service no address: it gives none at all, or is for other namespaces, or for other Services of them. */
export type PoolBar = "disabled" | "namespace" | "labels";

const NAME_LABEL = "kubernetes.io/metadata.name";

/** Whether the pool is for certain Services only. */
export function isRestricted({ namespaces, namespaceSelectors, serviceSelectors }: Pool): boolean {
  return namespaces.length > 0 || namespaceSelectors.length > 0 || serviceSelectors.length > 0;
}

/**
 * The order in which pools are tried: the lowest priority first, 0 last; of equal ones those for certain Services before
 * those for all; else as declared.
 */
export function byPriority(left: Pool, right: Pool): number {
  const rankOf = ({ priority }: Pool): number => (priority === 0 ? Infinity : priority);
  if (rankOf(left) !== rankOf(right)) return rankOf(left) - rankOf(right);
  return Number(!isRestricted(left)) - Number(!isRestricted(right));
}

/**
 * Why the pool gives the Service no new address, asked for or not; undefined if it may. Namespaces by name and by selector
 * are one set; where there are selectors and none matches a namespace, that set is empty and the pool serves no Service.
 */
export function whyBarred(pool: Pool, service: Service, namespaces: NamespaceLabels): PoolBar | undefined {
  if (pool.isDisabled) return "disabled";
  if (!servesNamespace(pool, service.namespace, namespaces)) return "namespace";
  return isSelected(pool.serviceSelectors, service.labels) ? undefined : "labels";
}

function servesNamespace(pool: Pool, namespace: string, namespaces: NamespaceLabels): boolean {
  if (pool.namespaces.length === 0 && pool.namespaceSelectors.length === 0) return true;
  if (pool.namespaces.includes(namespace)) return true;
  // Each namespace has this label, also one of which only the name is known: what asks for other labels, or for their
  // absence, cannot be answered for that one.
  const known = namespaces.get(namespace);
  const labels = { [NAME_LABEL]: namespace, ...known };
  return pool.namespaceSelectors.some(
    (selector) =>
      (known !== undefined || selector.every(({ key }) => key === NAME_LABEL)) && matchesLabels(selector, labels),
  );
}
