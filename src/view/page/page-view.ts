import type { Part } from "#src/view/status-view.ts";
import type { AddressRow } from "./address-rows.ts";
import type { HourRow } from "./hour-rows.ts";
import type { NeedRow } from "./need-rows.ts";
import type { NodeRow } from "./node-rows.ts";
import type { PoolRow } from "./pool-rows.ts";
import type { RouteRow } from "./route-rows.ts";
import type { StripView } from "./strip-view.ts";

/** The lists of a page: each row has a `key` that no other row of its list has. */
export interface PageLists {
  /** What a person has to do, the worst first. */
  readonly needs: readonly NeedRow[];
  /** The rack: every node, those that are as they should be last. */
  readonly nodes: readonly NodeRow[];
  /** What happened in the last hour, the latest first. */
  readonly hour: readonly HourRow[];
  /** Addresses with their Services: those that are not served first, then by Service. */
  readonly addresses: readonly AddressRow[];
  readonly pools: readonly PoolRow[];
  /** The route table: those that are as they should be last. */
  readonly routes: readonly RouteRow[];
}

/** What `hawser ui` and `hawser top` draw, of the same facts as `hawser status`. */
export interface PageView extends PageLists {
  /** When it was seen, in ISO 8601. */
  readonly seenAt: string;
  readonly strip: StripView;
  /** The parts that cannot be seen; `routes`: Ingresses may not be read, or are not read yet. */
  readonly unknown: readonly (Part | "routes")[];
  /** Why it is not known how many requests routes get; empty where it is. */
  readonly trafficUnknown: string;
  /** How many rows of a list are left out, by list; empty where none are. */
  readonly cut: Readonly<Partial<Record<keyof PageLists, number>>>;
}
