import { NO_ROUTES, type Routes, routesOf } from "./routes.ts";
import type { RtnetlinkDumper } from "./rtnetlink-dumper.ts";
import { watchRtnetlink } from "./rtnetlink-watcher.ts";
import { decodeRoute, encodeRouteDumpRequest } from "#src/wire/route-message.ts";

/**
 * Least time between two dumps: a routing daemon changes thousands of routes, and the few that matter here change
 * rarely.
 */
const REST_MS = 500;

/** RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE of rtnetlink(7). */
const GROUPS = 0x40 | 0x400;

/** Knows the routes of this network namespace. */
export interface RouteWatcher {
  /** As last seen; the same value until it changes. */
  routes(): Routes;
  /** Ends the watch: `onChange` is no longer called. A second call does nothing. */
  close(): void;
}

export interface RouteWatcherOptions {
  /** Called after a default route or the route of a network changed; not for the first dump. */
  onChange(routes: Routes): void;
  /** A failed dump or event socket; the watch goes on and tries again. */
  onError?(error: Error): void;
}

/** Watches default routes and routes to networks, as `watchRtnetlink` does. */
export async function openRouteWatcher(options: RouteWatcherOptions): Promise<RouteWatcher> {
  const watcher = await watchRtnetlink({
    groups: GROUPS,
    isStrict: true,
    restMs: REST_MS,
    none: NO_ROUTES,
    dump: dumpRoutes,
    ...options,
  });
  return { routes: () => watcher.value(), close: () => watcher.close() };
}

async function dumpRoutes(dumper: RtnetlinkDumper, before: Routes): Promise<Routes> {
  const dumpOf = (family: "ipv4" | "ipv6") =>
    dumper.dump({ encode: (sequence) => encodeRouteDumpRequest(sequence, family), decode: decodeRoute });
  const ipv4 = await dumpOf("ipv4");
  const ipv6 = await dumpOf("ipv6");
  // One that is not consistent is as good: routes change all the time, and each event leads to a new dump.
  return routesOf([...ipv4.messages, ...ipv6.messages], before);
}
