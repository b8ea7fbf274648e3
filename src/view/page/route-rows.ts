import { viewCertificate } from "#src/view/view-certificate.ts";
import type { SeenRoutes } from "#src/view/see-routes.ts";
import { type RouteView, viewRoutes } from "#src/view/view-routes.ts";
import type { RequestRate } from "./request-counts.ts";

/** One rule of the route table, as `hawser routes` shows it, with the days that its certificate has left. */
export interface RouteRow extends Pick<
  RouteView,
  "host" | "path" | "pathType" | "ingress" | "service" | "endpoints" | "redirect" | "closed" | "why"
> {
  readonly key: string;
  /** The status that the ingress answers alone with; null where it does not. */
  readonly answer: string | null;
  /** Null for a host without `tls` entry. `days`: whole days until it expires, null where that is not known. */
  readonly certificate: {
    readonly verdict: "ok" | "bad" | "unknown";
    readonly days: number | null;
    readonly why: string;
  } | null;
  /**
   * The requests of all rules of its Ingress, as the ingress counts them, to a tenth of a request a second; null where that is not known.
   * `failedPercent`: how many of a hundred were answered with 5xx, rounded up, so that 0 means none.
   */
  readonly traffic: { readonly perSecond: number; readonly failedPercent: number } | null;
  readonly health: "ok" | "closed" | "no endpoint" | "certificate";
}

/** A certificate with fewer days left is to be looked at: automatic renewal should have come long before. */
export const CERTIFICATE_DAYS = 14;

/**
 * All rules by host, those that are as they should be last, each with the certificate of its host. `rates`: by Ingress; undefined where they
 * are not known.
 */
export function routeRows(seen: SeenRoutes, rates?: ReadonlyMap<string, RequestRate>): readonly RouteRow[] {
  const certificates = new Map<string, RouteRow["certificate"]>();
  const certificateOf = (host: string): RouteRow["certificate"] => {
    const known = certificates.get(host);
    if (known !== undefined) return known;
    const { verdict, days, problems } = viewCertificate(seen, host === "*" ? "" : host);
    const found = { verdict, days, why: problems[0]?.text ?? "" };
    certificates.set(host, found);
    return found;
  };
  const taken = new Map<string, number>();
  const rows = (viewRoutes(seen).routes ?? []).map((route) => {
    const { host, path, pathType, ingress, service, endpoints, redirect, closed, why, settings } = route;
    const answer = settings.find(({ setting }) => setting === "answer")?.value ?? null;
    const certificate = route.certificate === null ? null : certificateOf(host);
    const name = `${host} ${path} ${pathType} ${ingress}`;
    const count = taken.get(name) ?? 0;
    taken.set(name, count + 1);
    const key = count === 0 ? name : `${name} ${count}`;
    const traffic = rates === undefined ? null : trafficOf(rates.get(ingress));
    const goes = { service, endpoints, redirect, answer, closed, why };
    const row = { key, host, path, pathType, ingress, ...goes, certificate, traffic };
    return { ...row, health: healthOf(row) };
  });
  return rows.toSorted((left, right) => Number(left.health === "ok") - Number(right.health === "ok"));
}

function trafficOf(
  { perSecond, failedPerSecond }: RequestRate = { perSecond: 0, failedPerSecond: 0 },
): RouteRow["traffic"] {
  const failed = perSecond === 0 ? 0 : Math.ceil((failedPerSecond * 100) / perSecond);
  return { perSecond: Math.round(perSecond * 10) / 10, failedPercent: Math.min(100, failed) };
}

function healthOf({ closed, service, endpoints, certificate }: Omit<RouteRow, "health">): RouteRow["health"] {
  if (closed !== null) return "closed";
  if (service !== null && endpoints === 0) return "no endpoint";
  const isOld = certificate !== null && certificate.days !== null && certificate.days < CERTIFICATE_DAYS;
  return certificate?.verdict === "bad" || isOld ? "certificate" : "ok";
}
