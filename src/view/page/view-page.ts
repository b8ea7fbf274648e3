import { type ExplainInput, explainContext } from "#src/view/explain-context.ts";
import type { SeenRoutes } from "#src/view/see-routes.ts";
import { viewStatusOf } from "#src/view/status-view.ts";
import { historyOf } from "#src/view/view-history.ts";
import { addressRows } from "./address-rows.ts";
import { hourRows } from "./hour-rows.ts";
import { needRows } from "./need-rows.ts";
import { nodeRows } from "./node-rows.ts";
import type { PageLists, PageView } from "./page-view.ts";
import { poolRows } from "./pool-rows.ts";
import type { SeenTraffic } from "./request-counts.ts";
import { routeRows } from "./route-rows.ts";
import { viewStrip } from "./strip-view.ts";

/** So many rows of each list are shown: what a browser holds easily. */
const MOST: Readonly<Record<keyof PageLists, number>> = {
  needs: 200,
  nodes: 2_000,
  hour: 300,
  addresses: 20_000,
  pools: 1_000,
  routes: 20_000,
};

/** Not asked for yet. */
const NO_TRAFFIC: SeenTraffic = { rates: undefined, why: "they have not been looked at" };

/** Puts together what the page and `hawser top` show. `seen`: the routes, where they could be read. */
export function viewPage(input: ExplainInput, seen?: SeenRoutes, traffic: SeenTraffic = NO_TRAFFIC): PageView {
  const context = explainContext(input);
  const status = viewStatusOf(context, { usage: context.usage, isKnown: context.assignments !== undefined }, input);
  const history = historyOf({ ...input, history: input.history });
  const nodes = nodeRows(status.speakers);
  const pools = poolRows(status.pools);
  const hasRoutes = seen?.input.ingresses !== undefined;
  const routes = seen !== undefined && hasRoutes ? routeRows(seen, traffic.rates) : [];
  const lists: PageLists = {
    needs: needRows({ status, context, nodes, pools, routes }),
    nodes,
    hour: hourRows(history, input.events ?? [], input.nowMs),
    addresses: addressRows(status.services, history),
    pools,
    routes,
  };
  const names = Object.keys(MOST) as (keyof PageLists)[];
  const over = names.filter((name) => lists[name].length > MOST[name]);
  return {
    seenAt: new Date(input.nowMs).toISOString(),
    strip: viewStrip(status, input),
    unknown: [...status.unknown, ...(hasRoutes ? [] : (["routes"] as const))],
    trafficUnknown: traffic.why,
    ...(Object.fromEntries(names.map((name) => [name, lists[name].slice(0, MOST[name])])) as unknown as PageLists),
    cut: Object.fromEntries(over.map((name) => [name, lists[name].length - MOST[name]])),
  };
}
