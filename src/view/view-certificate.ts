import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Problem } from "#src/model/problem.ts";
import { wildcardOf } from "#src/routing/host.ts";
import { servedFor } from "#src/tls/certificates-by-host.ts";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import { sentence } from "./explain-step.ts";
import type { SeenRoutes } from "./see-routes.ts";

/** Names of a certificate that are shown. */
const MAX_NAMES = 64;
const DAY_MS = 86_400_000;
/** What clients refuse. */
const REFUSED: readonly string[] = ["SECRET_EXPIRED", "SECRET_NOT_YET_VALID", "SECRET_HOST_NOT_COVERED"];

/** What is wrong with the certificate of a host; `DefaultCertificate`: no Secret has one for it. */
interface CertificateProblemView {
  readonly reason: ProblemCode | "DefaultCertificate";
  /** Whole sentences. */
  readonly text: string;
  readonly fix: string;
}

/** The certificate that clients of a host get. */
export interface CertificateView {
  readonly host: string;
  /** `namespace/name` of the Secret whose certificate is served; null: the self-signed default certificate, or not known. */
  readonly secret: string | null;
  /** It is the default certificate. */
  readonly isDefault: boolean;
  readonly subject: string | null;
  /** The DNS names that it is for, at most 64. */
  readonly names: readonly string[];
  readonly issuer: string | null;
  /** ISO 8601. */
  readonly notAfter: string | null;
  /** Whole days until then; negative after it. */
  readonly days: number | null;
  /** `bad`: clients refuse it. `unknown`: a Secret that is named for the host may not be read. */
  readonly verdict: "ok" | "bad" | "unknown";
  readonly problems: readonly CertificateProblemView[];
}

/** The certificate that clients of a host get, as the ingress chooses it. */
export function viewCertificate({ certificates, input }: SeenRoutes, host: string): CertificateView {
  const { claims, byHost, fallback, problemsOf, unread } = certificates;
  const named = claims.byHost.get(host) ?? claims.byHost.get(wildcardOf(host) ?? "") ?? [];
  const own = servedFor(byHost, host);
  const { defaultSecret } = input;
  const mayBe = own === undefined && defaultSecret !== undefined ? [...named, defaultSecret] : named;
  const isUnknown = mayBe.some((key) => unread.has(key));
  const certificate = isUnknown ? undefined : (own ?? fallback);
  const faults = certificate === undefined ? [] : findCertificateFaults(certificate, [host], input.nowMs);
  const found = [...mayBe.flatMap((key) => problemsOf.get(key) ?? []), ...faults];
  const isSelfSigned = !isUnknown && certificate === undefined;
  const isRefused = isSelfSigned || faults.some(({ code }) => REFUSED.includes(code));
  return {
    host,
    isDefault: !isUnknown && own === undefined,
    ...viewDetails(certificate, input.nowMs),
    verdict: isUnknown ? "unknown" : isRefused ? "bad" : "ok",
    problems: isSelfSigned && found.length === 0 ? [SELF_SIGNED] : found.map(viewProblem),
  };
}

const SELF_SIGNED: CertificateProblemView = {
  reason: "DefaultCertificate",
  text: "No Secret has a certificate for it: clients get the self-signed default certificate, and refuse it.",
  fix: "Name a Secret with a certificate in spec.tls of the Ingress, or start the ingress with --default-ssl-certificate.",
};

function viewDetails(certificate: Certificate | undefined, nowMs: number) {
  if (certificate === undefined)
    return { secret: null, subject: null, names: [], issuer: null, notAfter: null, days: null };
  const { secretKey, subject, names, issuer, validToMs } = certificate;
  return {
    secret: secretKey,
    subject,
    names: [...names].slice(0, MAX_NAMES),
    issuer,
    notAfter: new Date(validToMs).toISOString(),
    days: Math.floor((validToMs - nowMs) / DAY_MS),
  };
}

function viewProblem({ code, at, what, why, fix }: Problem): CertificateProblemView {
  const where = at.kind === "object" ? `Secret ${at.object.namespace}/${at.object.name}: ` : "";
  return { reason: code, text: sentence(`${where}${what}: ${why}`), fix: sentence(fix) };
}
