import { listed } from "#src/model/listed.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printAge } from "#src/view/print-age.ts";
import type { Part, StatusView } from "#src/view/status-view.ts";
import type { AddressView, ServiceView } from "#src/view/view-services.ts";
import { printLines } from "./print-lines.ts";
import { printTable } from "./table.ts";

/** What is shown of a fact that is not known, and after one that only its own last report says. */
const UNKNOWN = "?";
/** What is shown in place of a pool. */
const ORPHANED = "(gone)";

/** How a view is shown. */
interface Form {
  /** Columns are added, and lists are whole. */
  readonly isWide: boolean;
  /** The age of what was at a time in ISO 8601. */
  age(time: string): string;
  /** Names in a cell. */
  list(names: readonly string[]): string;
}

/** The view for a terminal. `nowMs` gives the ages. */
export function printStatus(view: StatusView, nowMs: number, isWide = false): string {
  const age = (time: string): string => printAge(nowMs - Date.parse(time));
  const form: Form = { isWide, age, list: isWide ? (names) => names.join(", ") : short };
  const isUnknown = (...parts: readonly Part[]): boolean => parts.some((part) => view.unknown.includes(part));
  const empty = (text: string, ...parts: readonly Part[]): string => (isUnknown(...parts) ? UNKNOWN : text);
  const sections = [
    ...printSummary(view),
    ...printOrphaned(view),
    section(
      empty("no pools can be read; a controller that runs keeps its last good ones", "pools"),
      poolTable(view, form),
    ),
    section(empty("no Services of type LoadBalancer", "services"), serviceTable(view, form)),
    section(empty("no speaker has reported", "speakers"), speakerTable(view, form)),
    ...(view.takeovers.length === 0 ? [] : [section("", takeoverTable(view, form))]),
    ...(view.leaders.length === 0 && !isUnknown("leaders") ? [] : [section(UNKNOWN, leaderTable(view, age))]),
    section(empty("no Events", "events"), eventTable(view, age)),
    ...(view.problems.length === 0 ? [] : [printLines(view.problems)]),
    ...printUnknown(view),
  ];
  return sections.join("\n");
}

interface Table {
  readonly title: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function section(empty: string, { title, rows }: Table): string {
  return rows.length === 0 ? `${empty === UNKNOWN ? `${title[0]}: ` : ""}${empty}\n` : printTable(title, rows);
}

/** The first line: how many Services are not served. Nothing where all are. */
function printSummary({ services }: StatusView): readonly string[] {
  const unserved = services.filter(({ served }) => !served);
  if (unserved.length === 0) return [];
  const [{ service }] = unserved as [ServiceView];
  const text = `NOT SERVED: ${unserved.length} of ${services.length} Services. hawser explain ${service} says why.`;
  return [`${oneLine(text)}\n`];
}

/** The Services that keep an address which no pool contains, and how they get another one. Nothing where there are none. */
function printOrphaned({ services }: StatusView): readonly string[] {
  const orphaned = services.filter(({ addresses }) => addresses.some((one) => one.orphaned === true));
  const [first] = orphaned;
  if (first === undefined) return [];
  const who = orphaned.length === 1 ? "1 Service keeps" : `${orphaned.length} Services keep`;
  const text = `ORPHANED: ${who} an address that no pool contains. hawser release ${first.service} exchanges it.`;
  return [`${oneLine(text)}\n`];
}

function printUnknown({ unknown, speakers }: StatusView): readonly string[] {
  const lines = [
    ...(unknown.length === 0 ? [] : [`? = not known: ${unknown.join(", ")} cannot be read, for the reasons above`]),
    ...(speakers.some(({ alive, certain }) => alive && !certain)
      ? ["NAME? = as that speaker last reported: nothing here proves that it still runs"]
      : []),
  ];
  return lines.length === 0 ? [] : [`${lines.join("\n")}\n`];
}

function poolTable({ pools }: StatusView, { isWide }: Form): Table {
  const title = ["POOL", "SIZE", "USED", "AUTO-ASSIGN", "RANGES", ...(isWide ? ["FREE"] : [])];
  const rows = pools.map(({ name, size, used, autoAssign, disabled, ranges }) => {
    const auto = disabled ? "disabled" : autoAssign ? "yes" : "no";
    const free = used === undefined ? UNKNOWN : String(BigInt(size) - BigInt(used));
    const shown = [name, size, used === undefined ? UNKNOWN : String(used), auto, ranges.join(", ")];
    return isWide ? [...shown, free] : shown;
  });
  return { title, rows };
}

function serviceTable({ services }: StatusView, { isWide, age, list }: Form): Table {
  const title = ["SERVICE", "ADDRESS", "POOL", "OWNER", "SPARES", "ENDPOINTS", "SINCE", "REASON"];
  if (isWide) title.push("SERVED", "MESSAGE");
  const rows = services.flatMap((service) => {
    const { served, reason, message } = service;
    const said = isWide ? [reason, served ? "yes" : "no", message] : [printReason(service)];
    const rest = [printEndpoints(service), age(service.since), ...said];
    if (service.addresses.length === 0) return [[service.service, "pending", "", "", "", ...rest]];
    return service.addresses.map((address) => [
      service.service,
      address.ip,
      address.orphaned === true ? ORPHANED : (address.pool ?? ""),
      printOwner(address),
      address.spares === undefined ? UNKNOWN : list(address.spares) || "none",
      ...rest,
    ]);
  });
  return { title, rows };
}

function printReason({ served, reason, message }: ServiceView): string {
  return served || message === "" ? reason : [reason, message].filter((text) => text !== "").join(": ");
}

function printEndpoints({ endpoints }: ServiceView): string {
  return endpoints === undefined ? UNKNOWN : `${endpoints.ready} of ${endpoints.all}`;
}

function printOwner({ owner, certain }: AddressView): string {
  if (owner === undefined) return certain ? "none" : UNKNOWN;
  return certain ? owner : `${owner}${UNKNOWN}`;
}

function speakerTable({ speakers }: StatusView, { isWide, age, list }: Form): Table {
  const title = ["NODE", "SPEAKER", "ANNOUNCES", "CANNOT ANNOUNCE", "INTERFACES", "HEARS", "DOES NOT HEAR", "REPORTED"];
  if (isWide) title.push("READY");
  const rows = speakers.map(({ node, state, detail, certain, announcing, ineligible, ...rest }) => {
    const { interfaces, members, unheard, reportedAt } = rest;
    const said = state === "unknown" ? UNKNOWN : certain ? state : `${state}${UNKNOWN}`;
    const why = Object.entries(ineligible).map(([one, count]) => `${one} for ${count}`);
    const lists = [announcing, why, interfaces, members, unheard].map(list);
    const shown = [node, detail === "" ? said : `${said}: ${detail}`, ...lists, age(reportedAt)];
    return isWide ? [...shown, rest.ready ? "yes" : "no"] : shown;
  });
  return { title, rows };
}

function takeoverTable({ takeovers }: StatusView, { age, list }: Form): Table {
  const title = ["TAKEOVER", "SPEAKER", "CAUSE", "OTHER SPEAKER", "GAINED", "LOST", "ADDRESSES"];
  const rows = takeovers.map(({ at, node, cause, from, gained, lost, addresses }) => {
    return [age(at), node, cause, from, String(gained), String(lost), list(addresses)];
  });
  return { title, rows };
}

function leaderTable({ leaders }: StatusView, age: (time: string) => string): Table {
  const title = ["ELECTION", "LEADER", "RENEWED"];
  const rows = leaders.map(({ election, holder, leads, renewedAt }) => {
    const last = holder === "" ? "" : `, last was ${holder}`;
    return [election, leads ? holder : `none${last}`, age(renewedAt)];
  });
  return { title, rows };
}

function eventTable({ events }: StatusView, age: (time: string) => string): Table {
  const title = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
  const rows = events.map(({ time, type, reason, about, message, count }) => {
    const object = `${about.kind} ${about.namespace === "" ? "" : `${about.namespace}/`}${about.name}`;
    return [age(time), type, reason, object, count > 1 ? `${message} (${count} times)` : message];
  });
  return { title, rows };
}

/** Names in a cell: the first few, and how many more. */
const MAX_SHOWN = 4;

function short(names: readonly string[]): string {
  return listed(names, MAX_SHOWN);
}
