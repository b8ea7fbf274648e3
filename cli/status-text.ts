import { printProblem } from "#src/model/problem.ts";
import type { StatusView } from "./status-view.ts";
import { printTable } from "./table.ts";

/** The view for a terminal. `nowMs` gives the ages. */
export function printStatusView(view: StatusView, nowMs: number): string {
  const age = (time: string): string => printAge(nowMs - Date.parse(time));
  const sections = [
    section(
      "no pools can be read from the ConfigMap; a controller that runs keeps its last good ones",
      poolTable(view),
    ),
    section("no Services of type LoadBalancer", serviceTable(view)),
    section("no speaker has reported", speakerTable(view, age)),
    ...(view.leaders.length === 0 ? [] : [section("", leaderTable(view))]),
    section("no Events", eventTable(view, age)),
    ...(view.problems.length === 0 ? [] : [view.problems.map((problem) => `${printProblem(problem)}\n`).join("")]),
  ];
  return sections.join("\n");
}

interface Table {
  readonly title: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function section(empty: string, { title, rows }: Table): string {
  return rows.length === 0 ? `${empty}\n` : printTable(title, rows);
}

function poolTable({ pools }: StatusView): Table {
  const title = ["POOL", "SIZE", "USED", "AUTO-ASSIGN", "RANGES"];
  const rows = pools.map(({ name, size, used, autoAssign, ranges }) => {
    return [name, size, String(used), autoAssign ? "yes" : "no", ranges.join(", ")];
  });
  return { title, rows };
}

function serviceTable({ services }: StatusView): Table {
  const title = ["SERVICE", "ADDRESS", "POOL", "OWNER", "REASON"];
  const rows = services.flatMap(({ service, addresses, reason, message }) => {
    const why = addresses.length > 0 || message === "" ? reason : `${reason}: ${message}`;
    if (addresses.length === 0) return [[service, "pending", "", "", why]];
    return addresses.map(({ ip, pool = "", owner = "nobody" }) => [service, ip, pool, owner, why]);
  });
  return { title, rows };
}

function speakerTable({ speakers }: StatusView, age: (time: string) => string): Table {
  const title = ["SPEAKER", "STATE", "ANNOUNCES", "STANDS BACK", "INTERFACES", "HEARS", "REPORTED"];
  const rows = speakers.map(({ node, alive, ready, reason, announcing, ineligible, ...rest }) => {
    const { interfaces, members, reportedAt } = rest;
    const state = alive ? (ready ? "up" : "joining") : "down";
    const why = reason === "" ? Object.entries(ineligible).map(([one, count]) => `${one} for ${count}`) : [reason];
    const shown = [short(alive ? announcing : []), short(alive ? why : []), short(interfaces), short(members)];
    return [node, state, ...shown, age(reportedAt)];
  });
  return { title, rows };
}

function leaderTable({ leaders }: StatusView): Table {
  return { title: ["ELECTION", "LEADER"], rows: leaders.map(({ election, holder }) => [election, holder]) };
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
  const more = names.length - MAX_SHOWN;
  return `${names.slice(0, MAX_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `12s`, `3m`, `5h`, `2d`; empty where the time is unknown. */
function printAge(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
