import type { Problem } from "#src/model/problem.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import type { StatusView } from "#src/view/status-view.ts";
import { CONTROLLER_ELECTION, type LeaderView } from "#src/view/view-leaders.ts";

/** The figures that are looked at first. A part is null where it may not be read. */
export interface StripView {
  readonly services: {
    readonly all: number;
    readonly unserved: number;
    /** Those of them without any address. */
    readonly pending: number;
  } | null;
  readonly speakers: {
    readonly all: number;
    readonly up: number;
    /** Whether more than their own last reports says so. */
    readonly certain: boolean;
  } | null;
  /** Who leads the controllers. `none`: no election is held, as in a folder. */
  readonly leader: LeaderView | "none" | null;
  readonly config: {
    /** `invalid`: the last good one is in use. `unknown`: no Event of the last hour says. */
    readonly state: "loaded" | "invalid" | "missing" | "unknown";
    /** Since when, in ISO 8601; empty where that is not known. */
    readonly since: string;
    readonly pools: number;
  } | null;
}

/** Counts what `hawser status` lists. */
export function viewStrip(status: StatusView, input: StatusInput): StripView {
  const { services, speakers, unknown } = status;
  const unserved = services.filter(({ served }) => !served);
  const up = speakers.filter(({ state }) => state === "up");
  return {
    services: unknown.includes("services")
      ? null
      : {
          all: services.length,
          unserved: unserved.length,
          pending: unserved.filter(({ addresses }) => addresses.length === 0).length,
        },
    speakers: unknown.includes("speakers")
      ? null
      : { all: speakers.length, up: up.length, certain: up.every(({ certain }) => certain) },
    leader:
      input.leases === "none"
        ? "none"
        : (status.leaders.find(({ election }) => election === CONTROLLER_ELECTION) ?? null),
    config: unknown.includes("pools") ? null : viewConfig(status, input),
  };
}

function viewConfig({ pools, problems }: StatusView, { events = [] }: StatusInput): StripView["config"] {
  const said = events.findLast(({ reason }) => reason === "ConfigLoaded" || reason === "ConfigInvalid");
  const since = said?.time ?? "";
  if (problems.some(({ code }) => MISSING.includes(code))) return { state: "missing", since: "", pools: pools.length };
  // What is in the cluster cannot be read; its Event may have come and gone, or not be there yet.
  if (problems.some(isOfConfig))
    return { state: "invalid", since: said?.reason === "ConfigInvalid" ? since : "", pools: pools.length };
  if (said?.reason === "ConfigInvalid") return { state: "invalid", since, pools: pools.length };
  return { state: said === undefined ? "unknown" : "loaded", since, pools: pools.length };
}

const MISSING: readonly string[] = ["CONFIG_MAP_MISSING", "INSTALLATION_NOT_FOUND"];

function isOfConfig({ at, severity }: Problem): boolean {
  return severity === "error" && at.kind === "object" && at.object.kind === "ConfigMap";
}
