import type { PageView } from "./page-view.ts";

/** Rows in which a person finds what was searched for: an address, a host, a Service, a node, a pool or a reason. */
export function matchingRows<V extends Pick<PageView, "needs" | "nodes" | "hour" | "addresses" | "pools" | "routes">>(
  view: V,
  search: string,
): V {
  const words = wordsOf(search);
  if (words.length === 0) return view;
  return {
    ...view,
    needs: view.needs.filter((row) => has(words, row.about, row.reason, row.text, row.subject)),
    nodes: view.nodes.filter((row) => has(words, row.key, row.state, row.detail, row.health)),
    hour: view.hour.filter((row) => has(words, row.text, row.reason, row.kind)),
    addresses: view.addresses.filter((row) => has(words, row.service, row.ip, row.pool, row.owner ?? "", row.reason)),
    pools: view.pools.filter((row) => has(words, row.key, row.ranges.join(" "), row.level)),
    routes: view.routes.filter((row) =>
      has(words, row.host, row.path, row.ingress, row.service ?? "", row.closed ?? "", row.health),
    ),
  };
}

/** The words of a search; each has to be in a row. */
function wordsOf(search: string): readonly string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

function has(words: readonly string[], ...texts: readonly string[]): boolean {
  const text = texts.join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}
