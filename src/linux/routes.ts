import { bitsOf, compareIps, type Ip, printIp } from "#src/ip/address.ts";
import { printCidr } from "#src/ip/cidr.ts";
import { RT_TABLE_MAIN, type RouteMessage } from "#src/wire/route-message.ts";

/** Of a node's routes those that matter to announcements. */
export interface Routes {
  /** Next hops of the default routes of all tables, each once, in order. */
  readonly gateways: readonly Ip[];
  /** By network, as `printCidr` prints it: the interface that the kernel reaches its machines by. */
  readonly interfaceOf: ReadonlyMap<string, number>;
}

/** The routes of a node that has none, or has not said yet. */
export const NO_ROUTES: Routes = { gateways: [], interfaceOf: new Map() };

/** Reads a dump; the result is `before` itself if nothing changed. */
export function routesOf(messages: readonly RouteMessage[], before: Routes): Routes {
  const gateways = new Map<string, Ip>();
  // In the order of the dump, which is the kernel's own.
  const best = new Map<string, { readonly metric: number; readonly interfaceIndex: number }>();
  for (const route of messages) {
    if (route.destination.prefixLength === 0)
      for (const { gateway } of route.hops) if (gateway !== undefined) gateways.set(printIp(gateway), gateway);
    if (!isToNetwork(route)) continue;
    const network = printCidr(route.destination);
    const [hop] = route.hops;
    const known = best.get(network);
    // Of equal ones the kernel takes the first.
    if (hop === undefined || (known !== undefined && known.metric <= route.metric)) continue;
    best.set(network, { metric: route.metric, interfaceIndex: hop.interfaceIndex });
  }
  const routes: Routes = {
    gateways: [...gateways.values()].sort(compareIps),
    interfaceOf: new Map([...best].map(([network, { interfaceIndex }]) => [network, interfaceIndex])),
  };
  return printRoutes(routes) === printRoutes(before) ? before : routes;
}

/** Whether it says on which interface the machines of a network are. Those to one machine say nothing of networks. */
function isToNetwork({ destination, table, hops }: RouteMessage): boolean {
  const { family, prefixLength } = destination;
  const isNetwork = prefixLength > 0 && prefixLength < bitsOf(family);
  return table === RT_TABLE_MAIN && isNetwork && hops.every(({ gateway }) => gateway === undefined);
}

/** All that routes are, as text: equal text, equal routes. */
function printRoutes({ gateways, interfaceOf }: Routes): string {
  return JSON.stringify([gateways.map(printIp), [...interfaceOf]]);
}
