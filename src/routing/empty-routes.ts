import { emptyShardedMap } from "./sharded-map.ts";
import type { RouteTable } from "./route-table.ts";

/** A table of nothing: every request is answered 404. */
export const EMPTY_ROUTES: RouteTable = {
  hosts: emptyShardedMap(),
  aliases: emptyShardedMap(),
  aliasPatterns: [],
  fallback: undefined,
  backends: emptyShardedMap(),
  passthroughs: 0,
};
