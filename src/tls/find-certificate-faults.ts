import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Certificate } from "./read-certificate.ts";

const DAY_MS = 86_400_000;
/** From this on a certificate should have been renewed: ACME clients do it 30 days before the end. */
const SOON_MS = 10 * DAY_MS;
/** Of one that is valid for a short time, this share of it: such a one is renewed when a third is left. */
const SOON_SHARE = 1 / 6;
/** Hosts that a message names. */
const MAX_NAMED_HOSTS = 3;

/**
 * What clients will refuse about a certificate that is served all the same: the time it is valid for, and the hosts (of
 * `tls` entries that name its Secret) that it is not for.
 */
export function findCertificateFaults(
  certificate: Certificate,
  hosts: Iterable<string>,
  nowMs: number,
): readonly Problem[] {
  // In an order that does not depend on what came when.
  const uncovered = [...new Set(hosts)].filter((host) => host !== "" && !covers(certificate, host)).sort();
  return [
    ...validityFaults(certificate, nowMs),
    ...(uncovered.length === 0 ? [] : [notCovered(certificate, uncovered)]),
  ];
}

/** Whether a certificate is for a host: by its name, or by a wildcard for its first label (RFC 9525 section 6.3). */
export function covers({ names }: Certificate, host: string): boolean {
  const dot = host.indexOf(".");
  return names.has(host) || (dot > 0 && !host.startsWith("*.") && names.has(`*${host.slice(dot)}`));
}

function validityFaults({ secretKey, validFromMs, validToMs }: Certificate, nowMs: number): readonly Problem[] {
  const at = objectAt("Secret", secretKey, "tls.crt");
  const severity = "warning";
  const end = new Date(validToMs).toISOString();
  if (nowMs < validFromMs) {
    const why = `it is valid from ${new Date(validFromMs).toISOString()} on`;
    const fix = "Look at the clock of this node, or wait";
    return [{ code: "SECRET_NOT_YET_VALID", at, what: "Clients refuse this certificate", why, fix, severity }];
  }
  if (nowMs >= validToMs) {
    const fix = "Store a renewed certificate";
    return [
      {
        code: "SECRET_EXPIRED",
        at,
        what: "Clients refuse this certificate",
        why: `it expired at ${end}`,
        fix,
        severity,
      },
    ];
  }
  if (validToMs - nowMs >= Math.min(SOON_MS, (validToMs - validFromMs) * SOON_SHARE)) return [];
  const what = "Clients will soon refuse this certificate";
  const fix = "Find out why it was not renewed";
  return [{ code: "SECRET_EXPIRES_SOON", at, what, why: `it expires at ${end}`, fix, severity }];
}

function notCovered({ secretKey, names }: Certificate, hosts: readonly string[]): Problem {
  const named = hosts.slice(0, MAX_NAMED_HOSTS).join(", ");
  const rest = hosts.length - MAX_NAMED_HOSTS;
  const list = [...names].slice(0, MAX_NAMED_HOSTS).join(", ");
  return {
    code: "SECRET_HOST_NOT_COVERED",
    at: objectAt("Secret", secretKey, "tls.crt"),
    what: `Clients refuse this certificate for ${named}${rest > 0 ? ` and ${rest} more` : ""}`,
    why: names.size === 0 ? "it is for no DNS name" : `it is for ${list}${names.size > MAX_NAMED_HOSTS ? ", ..." : ""}`,
    fix: "Store a certificate for these hosts, or name another Secret",
    severity: "warning",
  };
}
