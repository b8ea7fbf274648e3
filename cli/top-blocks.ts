import type { PageLists, PageView } from "#src/view/page/page-view.ts";
import { printAge } from "#src/view/print-age.ts";
import type { Cell } from "./fit-table.ts";
import type { Tone } from "./text-style.ts";

/** A block of `hawser top`: one list of the view as a table. */
export interface TopBlock {
  readonly name: string;
  readonly list: keyof PageLists;
  readonly title: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What each row can be explained by; empty where there is nothing. */
  readonly subjects: readonly string[];
  /** What is said where there are no rows. */
  readonly empty: string;
}

/** The blocks in order: their keys are 1 to 6. */
export const TOP_LISTS = [
  "needs",
  "nodes",
  "hour",
  "pools",
  "addresses",
  "routes",
] as const satisfies readonly (keyof PageLists)[];

/** A list of the view as a block. `nowMs` gives the ages. */
export function topBlock(view: PageView, list: keyof PageLists, nowMs: number): TopBlock {
  const age = (time: string): string => printAge(nowMs - Date.parse(time));
  const isUnknown = (part: PageView["unknown"][number]): boolean => view.unknown.includes(part);
  const blocks: { readonly [L in keyof PageLists]: () => Omit<TopBlock, "list"> } = {
    needs: () => ({
      name: "Needs you",
      title: ["SEVERITY", "ABOUT", "REASON", "SINCE", "WHAT", "FIX"],
      rows: view.needs.map(({ severity, about, reason, since, text, fix }) => [
        { text: severity, tone: severity === "alarm" ? "bad" : "warn" },
        { text: about },
        { text: reason },
        { text: age(since), tone: "faint" },
        { text },
        { text: fix },
      ]),
      subjects: view.needs.map(({ subject }) => subject),
      empty: "Nothing needs you.",
    }),
    nodes: () => ({
      name: "Rack",
      title: ["NODE", "SPEAKER", "ADDRESSES", "HEARS", "REPORTED", "SAYS"],
      rows: view.nodes.map(
        ({ key, health, state, certain, announces, hears, reportedAt, detail, deafTo, unheardBy }) => [
          { text: key },
          { text: `${health === "cut" ? "cut" : state}${certain ? "" : "?"}`, tone: HEALTH[health] },
          { text: String(announces) },
          { text: health === "down" || health === "unknown" ? "" : String(hears) },
          { text: age(reportedAt), tone: "faint" },
          { text: saysOf({ detail, deafTo, unheardBy }) },
        ],
      ),
      subjects: view.nodes.map(() => ""),
      empty: isUnknown("speakers") ? "? Reports of speakers may not be read." : "No node, and no speaker has reported.",
    }),
    hour: () => ({
      name: "Last hour",
      title: ["AGO", "WHAT", "TEXT", "REASON", "GAP"],
      rows: view.hour.map(({ at, kind, text, reason, gapMs }) => [
        { text: age(at), tone: "faint" },
        { text: kind, tone: KINDS[kind] ?? "plain" },
        { text },
        { text: reason },
        { text: gapMs === null ? "" : `≤ ${gapMs} ms` },
      ]),
      subjects: view.hour.map(({ subject }) => subject),
      empty: "Nothing happened.",
    }),
    pools: () => ({
      name: "Pools",
      title: ["POOL", "USED", "OF", "FULL", "RANGES"],
      rows: view.pools.map(({ key, used, size, percent, level, ranges, disabled }) => [
        { text: key },
        { text: used === null ? "?" : String(used) },
        { text: size },
        { text: percent === null ? "?" : `${bar(percent)} ${percent} %`, tone: LEVELS[level] },
        { text: `${ranges.join(", ")}${disabled ? " (disabled)" : ""}` },
      ]),
      subjects: view.pools.map(() => ""),
      empty: isUnknown("pools") ? "? The configuration may not be read." : "There is no pool.",
    }),
    addresses: () => ({
      name: "Addresses",
      title: ["ADDRESS", "SERVICE", "OWNER", "SINCE", "SPARES", "ENDPOINTS", "POOL", "REASON"],
      rows: view.addresses.map((row) => addressCells(row, age)),
      subjects: view.addresses.map(({ service }) => service),
      empty: isUnknown("services") ? "? Services may not be read." : "No Service of type LoadBalancer.",
    }),
    routes: () => ({
      name: routesName(view),
      title: ["HOST AND PATH", "GOES TO", "ENDPOINTS", "REQ/S", "5XX", "CERTIFICATE", "INGRESS"],
      rows: view.routes.map(routeCells),
      subjects: view.routes.map(({ host, path, certificate }) =>
        host.startsWith("*") ? "" : `${certificate === null ? "http" : "https"}://${host}${path}`,
      ),
      empty: isUnknown("routes") ? "? Ingresses are not read yet, or may not be read." : "No Ingress is served.",
    }),
  };
  return { ...blocks[list](), list };
}

/** Says why the figures of requests are not known, where they are not. */
function routesName({ routes, trafficUnknown }: PageView): string {
  return routes.length === 0 || trafficUnknown === "" ? "Routes" : `Routes (requests not known: ${trafficUnknown})`;
}

const HEALTH: Readonly<Record<PageView["nodes"][number]["health"], Tone>> = {
  ok: "ok",
  joining: "warn",
  cut: "warn",
  down: "bad",
  unknown: "unknown",
};
const KINDS: Readonly<Record<string, Tone>> = {
  takeover: "warn",
  withdrawn: "warn",
  warning: "bad",
  config: "unknown",
};
const LEVELS: Readonly<Record<PageView["pools"][number]["level"], Tone>> = {
  ok: "ok",
  high: "warn",
  full: "bad",
  unknown: "unknown",
};
const BAR = 10;

function bar(percent: number): string {
  const filled = Math.min(BAR, Math.ceil((percent * BAR) / 100));
  return `${"█".repeat(filled)}${"·".repeat(BAR - filled)}`;
}

function saysOf({
  detail,
  deafTo,
  unheardBy,
}: Pick<PageView["nodes"][number], "detail" | "deafTo" | "unheardBy">): string {
  const deaf = deafTo.length === 0 ? [] : [`does not hear ${deafTo.join(", ")}`];
  const unheard = unheardBy.length === 0 ? [] : [`not heard by ${unheardBy.join(", ")}`];
  return [...(detail === "" ? [] : [detail]), ...deaf, ...unheard].join("; ");
}

function addressCells(row: PageView["addresses"][number], age: (time: string) => string): readonly Cell[] {
  const { ip, service, owner, certain, ownerSince, spares, endpoints, pool, orphaned, reason, served } = row;
  const more = spares !== null && spares.count > spares.first.length ? ` +${spares.count - spares.first.length}` : "";
  return [
    ip === "" ? { text: "pending", tone: "bad" } : { text: ip },
    { text: service },
    owner === null
      ? UNKNOWN
      : {
          text: `${owner === "" ? "none" : owner}${certain ? "" : "?"}`,
          ...(owner === "" && { tone: "bad" as const }),
        },
    { text: age(ownerSince), tone: "faint" },
    spares === null ? UNKNOWN : { text: spares.count === 0 ? "none" : `${spares.first.join(", ")}${more}` },
    endpoints === null
      ? UNKNOWN
      : { text: `${endpoints.ready} of ${endpoints.all}`, ...(endpoints.ready === 0 && { tone: "bad" as const }) },
    orphaned ? { text: "(gone)", tone: "warn" } : { text: pool },
    { text: reason || (served ? "served" : "not served"), tone: served ? "plain" : "bad" },
  ];
}

const UNKNOWN: Cell = { text: "?", tone: "unknown" };

function routeCells(row: PageView["routes"][number]): readonly Cell[] {
  const { host, path, service, redirect, answer, closed, endpoints, certificate, ingress, health, traffic } = row;
  const target = service ?? redirect ?? (answer === null ? "" : `answers ${answer}`);
  const days =
    certificate === null
      ? "none"
      : certificate.verdict === "unknown"
        ? "?"
        : certificate.days === null
          ? "default"
          : `${certificate.days} d`;
  return [
    { text: `${host}${path}` },
    closed === null ? { text: target } : { text: `503 ${closed}`, tone: "bad" },
    {
      text: service === null || closed !== null ? "" : String(endpoints ?? "?"),
      ...(health === "no endpoint" && { tone: "bad" as const }),
    },
    traffic === null ? UNKNOWN : { text: String(traffic.perSecond) },
    traffic === null
      ? UNKNOWN
      : { text: `${traffic.failedPercent} %`, ...(traffic.failedPercent > 0 && { tone: "bad" as const }) },
    {
      text: days,
      ...(certificate?.verdict === "bad"
        ? { tone: "bad" as const }
        : health === "certificate"
          ? { tone: "warn" as const }
          : {}),
    },
    { text: ingress },
  ];
}
