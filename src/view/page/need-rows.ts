import { counted } from "#src/model/counted.ts";
import { listed } from "#src/model/listed.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { explainWith } from "#src/view/explain.ts";
import type { ExplainContext } from "#src/view/explain-context.ts";
import { sentence } from "#src/view/explain-step.ts";
import type { StatusView } from "#src/view/status-view.ts";
import type { ServiceView } from "#src/view/view-services.ts";
import type { NodeRow } from "./node-rows.ts";
import type { PoolRow } from "./pool-rows.ts";
import { CERTIFICATE_DAYS, type RouteRow } from "./route-rows.ts";

/** Something that a person has to do. */
export interface NeedRow {
  readonly key: string;
  /** `alarm`: clients are not served, or Hawser does not work. `warning`: they will not be, or something is not as written. */
  readonly severity: "alarm" | "warning";
  /** What it is about, for people: `Service shop/web`. */
  readonly about: string;
  /** A reason or a code of a closed set; empty where none says it. */
  readonly reason: string;
  /** What is wrong, as whole sentences. */
  readonly text: string;
  /** What to do, as a whole sentence; empty where only `explain` of the subject says. */
  readonly fix: string;
  /** What `explain` can be asked about; empty where there is nothing. */
  readonly subject: string;
  /** Since when, in ISO 8601; empty where that is not known. */
  readonly since: string;
}

/** What rows are made of. */
export interface NeedsSeen {
  readonly status: StatusView;
  readonly context: ExplainContext;
  readonly nodes: readonly NodeRow[];
  readonly pools: readonly PoolRow[];
  readonly routes: readonly RouteRow[];
}

/** So many Services that are not served are explained: each reason at least once, as long as there is room. */
const MAX_EXPLAINED = 12;
const HOSTS_NAMED = 3;

/** What needs a person, the worst first: of warnings, what happens before what is not as written. */
export function needRows(seen: NeedsSeen): readonly NeedRow[] {
  const problems = Map.groupBy(seen.status.problems.map(ofProblem), ({ severity }) => severity);
  const rows = [
    ...(problems.get("alarm") ?? []),
    ...ofServices(seen),
    ...seen.nodes.flatMap(ofNode),
    ...seen.pools.flatMap(ofPool),
    ...ofOrphaned(seen.status.services),
    ...ofRoutes(seen.routes),
    ...(problems.get("warning") ?? []),
  ];
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return [...byKey.values()].sort(
    (left, right) => Number(left.severity !== "alarm") - Number(right.severity !== "alarm"),
  );
}

const NONE = { reason: "", fix: "", subject: "", since: "" } as const;

function ofProblem(problem: Problem): NeedRow {
  const { code, at, what, why, fix, severity } = problem;
  const about = printPlace(at);
  return {
    ...NONE,
    key: `problem ${about} ${code} ${what}`,
    severity: severity === "error" ? "alarm" : "warning",
    about,
    reason: code,
    text: sentence(`${what}: ${why}`),
    fix: sentence(fix),
    subject: at.kind === "object" && at.object.kind === "Service" ? `${at.object.namespace}/${at.object.name}` : "",
  };
}

function ofServices({ status, context }: NeedsSeen): readonly NeedRow[] {
  const unserved = status.services.filter(({ served }) => !served);
  if (unserved.length === 0) return [];
  const fixes = fixesOf(unserved, context);
  return unserved.map(({ service, reason, message, since, addresses }) => ({
    ...NONE,
    key: `service ${service}`,
    severity: "alarm",
    about: `Service ${service}`,
    reason,
    text: sentence(message === "" ? (addresses.length === 0 ? "It has no address" : "It is not served") : message),
    fix: fixes.get(service) ?? "",
    subject: service,
    since,
  }));
}

/** What to do about Services, by `hawser explain`: one of each reason first. */
function fixesOf(unserved: readonly ServiceView[], context: ExplainContext): ReadonlyMap<string, string> {
  const firsts = [...Map.groupBy(unserved, ({ reason }) => reason).values()].flatMap(([first]) => first ?? []);
  const chosen = [...new Set([...firsts, ...unserved])].slice(0, MAX_EXPLAINED);
  return new Map(
    chosen.flatMap(({ service }) => {
      const explained = explainWith(context, service);
      return explained.ok ? [[service, explained.explanation.next] as const] : [];
    }),
  );
}

/** What is wrong with a node whose speaker is not believed, and what to do. */
const NODE_TEXTS: Readonly<Partial<Record<NodeRow["state"], readonly [text: string, fix: string]>>> = {
  "not running": [
    "Its speaker does not run.",
    "Look at the pod of its speaker: kubectl describe, and kubectl logs --previous.",
  ],
  "no speaker": [
    "No speaker is on it.",
    "Find out why the DaemonSet hawser-speaker has no pod there: taints, node selectors, or too little room.",
  ],
  silent: [
    "Its speaker is silent.",
    "Look at the node: its power, its cable, and the firewall between it and the other nodes.",
  ],
  "no report": ["Its speaker runs and has not reported yet.", "Look at the log of its speaker."],
};

function ofNode({ key: node, state, detail, health, deafTo, unheardBy, reportedAt }: NodeRow): readonly NeedRow[] {
  const row = { ...NONE, key: `node ${node}`, severity: "warning", about: `Node ${node}` } as const;
  const [text, fix] = NODE_TEXTS[state] ?? ["", ""];
  if (health === "down") return [{ ...row, reason: detail, text, fix, since: state === "silent" ? reportedAt : "" }];
  if (health !== "cut") return [];
  const said = [
    ...(deafTo.length === 0 ? [] : [`It does not hear ${listed(deafTo, deafTo.length, " and ")}.`]),
    ...(unheardBy.length === 0 ? [] : [`It is not heard by ${listed(unheardBy, unheardBy.length, " and ")}.`]),
  ];
  const reason = "HEARTBEATS_NOT_HEARD";
  return [{ ...row, reason, text: said.join(" "), fix: "Look for a firewall between these nodes." }];
}

function ofPool({ key: pool, level, used, size, disabled }: PoolRow): readonly NeedRow[] {
  if (disabled || (level !== "full" && level !== "high")) return [];
  return [
    {
      ...NONE,
      key: `pool ${pool}`,
      severity: "warning",
      about: `Pool ${pool}`,
      reason: level === "full" ? "PoolFull" : "PoolNearlyFull",
      text: `In use: ${used} of ${size}.`,
      fix: "Add a range to it, or release addresses that are not needed.",
    },
  ];
}

function ofOrphaned(services: readonly ServiceView[]): readonly NeedRow[] {
  const orphaned = services.filter(({ addresses }) => addresses.some((one) => one.orphaned === true));
  const [first] = orphaned;
  if (first === undefined) return [];
  const text =
    orphaned.length === 1
      ? "It keeps an address that no pool contains."
      : `It and ${counted(orphaned.length - 1, "other Service")} keep addresses that no pool contains.`;
  return [
    {
      ...NONE,
      key: "orphaned",
      severity: "warning",
      about: `Service ${first.service}`,
      reason: "AddressOrphaned",
      text,
      fix: `Exchange the address: hawser release ${first.service}.`,
      subject: first.service,
    },
  ];
}

/** One row for each Ingress with closed paths, and for each certificate that is refused or ends soon. */
function ofRoutes(routes: readonly RouteRow[]): readonly NeedRow[] {
  const closed = Map.groupBy(
    routes.filter(({ health }) => health === "closed"),
    ({ ingress, closed: reason }) => `${ingress} ${reason}`,
  );
  const hosts = new Map(routes.flatMap((row) => (isCertificateBad(row) ? [[row.host, row] as const] : [])));
  return [...[...closed].map(([key, rows]): NeedRow => ofClosed(key, rows)), ...[...hosts.values()].map(ofCertificate)];
}

function isCertificateBad({ certificate }: RouteRow): boolean {
  return (
    certificate?.verdict === "bad" ||
    (certificate !== null && certificate.days !== null && certificate.days < CERTIFICATE_DAYS)
  );
}

function ofClosed(key: string, rows: readonly RouteRow[]): NeedRow {
  const [{ ingress, closed, why, host, path }] = rows as [RouteRow];
  const paths = listed([...new Set(rows.map((row) => `${row.host}${row.path}`))], HOSTS_NAMED);
  return {
    ...NONE,
    key: `closed ${key}`,
    severity: "alarm",
    about: ingress === "" ? `Route ${host}${path}` : `Ingress ${ingress}`,
    reason: closed ?? "",
    text: `${paths} ${rows.length === 1 ? "answers" : "answer"} 503. ${why}`,
  };
}

function ofCertificate({ host, certificate }: RouteRow): NeedRow {
  const days = certificate?.days ?? null;
  const isBad = certificate?.verdict === "bad";
  const left =
    days === null
      ? ""
      : days < 0
        ? `It expired ${counted(-days, "day")} ago.`
        : `It expires in ${counted(days, "day")}.`;
  return {
    ...NONE,
    key: `certificate ${host}`,
    severity: isBad ? "alarm" : "warning",
    about: `Certificate of ${host}`,
    reason: isBad ? "CertificateUnusable" : "",
    text: (isBad ? certificate?.why : left) || left,
    fix: `Renew it, or look at what renews it: hawser certs ${host}.`,
    subject: "",
    since: "",
  };
}
