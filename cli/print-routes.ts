import { listed } from "#src/model/listed.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printSettings } from "#src/view/filter-settings.ts";
import { printPolicies } from "#src/view/view-policies.ts";
import type { RoutesView, RouteView } from "#src/view/view-routes.ts";
import { withProblems } from "./print-lines.ts";
import { printServedSecret } from "./print-served-secret.ts";
import { printTable } from "./table.ts";

/** Names of a host that a row shows. */
const NAMES_SHOWN = 3;

/** Routes for a terminal: a row for each rule, then what closes those that are closed, then Problems. Where `isWide` with all names of a host. */
export function printRoutes({ routes, problems }: RoutesView, isWide = false): string {
  return withProblems(printRows(routes, isWide), problems);
}

function printRows(routes: readonly RouteView[] | undefined, isWide: boolean): string {
  if (routes === undefined) return "The routes cannot be known, for the reasons below.\n";
  if (routes.length === 0) return "No rule has requests.\n";
  const title = [
    "HOST",
    "PATH",
    "TYPE",
    "INGRESS",
    "SERVICE",
    "READY",
    "CERTIFICATE",
    "SETTINGS",
    ...(isWide ? ["OTHER NAMES", "EXTERNAL NAME"] : []),
  ];
  const rows = routes.map((route) => [
    isWide ? route.host : listed([route.host, ...route.aliases], NAMES_SHOWN),
    route.path,
    route.isPattern ? `${route.pathType} regex` : route.pathType,
    route.ingress,
    printTarget(route),
    printReady(route),
    printCertificate(route.certificate),
    [printSettings(route.settings), printPolicies(route.policies)].filter((text) => text !== "").join("; "),
    ...(isWide ? [route.aliases.join(", "), route.externalName ?? ""] : []),
  ]);
  const closed = routes.filter(({ why }) => why !== "");
  const lines = closed.map(({ host, path, why }) => `${oneLine(`${host}${path}  ${why}`)}\n`);
  return `${printTable(title, rows)}${lines.length === 0 ? "" : `\n${[...new Set(lines)].join("")}`}`;
}

function printReady({ service, externalName, endpoints }: RouteView): string {
  if (externalName !== null) return `DNS ${externalName}`;
  return service === null ? "-" : String(endpoints ?? "no Service");
}

function printTarget({ service, canary, redirect, closed }: RouteView): string {
  if (closed !== null) return `closed (${closed})`;
  if (redirect !== null) return `redirect ${redirect}`;
  return canary === null ? (service ?? "-") : `${service} and ${canary} (canary)`;
}

function printCertificate(certificate: RouteView["certificate"]): string {
  if (certificate === null) return "-";
  return `${printServedSecret(certificate)}${certificate.verdict === "bad" ? " BAD" : ""}`;
}
