import type { ClientCertificateMode } from "#src/model/annotations/client-certificates.ts";
import { type ValuePattern, valueMatches } from "#src/pattern/value-pattern.ts";
import { isProofPath } from "./is-proof-path.ts";
import type { Redirect } from "#src/model/annotations/redirects.ts";

/** Which client certificates the paths of a host ask for. */
export interface ClientCertificatePolicy {
  /** Policies with the same text verify in the same way. */
  readonly key: string;
  /** `namespace/name` of the Secret with the authorities. */
  readonly secret: string;
  readonly mode: Exclude<ClientCertificateMode, "off">;
  /** Intermediate authorities that a certificate may have at most. */
  readonly depth: number;
  /** Endpoints get the whole certificate. */
  readonly passesCertificate: boolean;
  /** What the subject of a certificate has to match; undefined: any. */
  readonly subject: ValuePattern | undefined;
  /** In place of 400. */
  readonly errorPage: Redirect | undefined;
}

/** What a connection has shown of its client, for the host that it was opened for. */
export interface ClientIdentity {
  /** The server name of the connection, in lower case. */
  readonly host: string;
  /** Of the policy by which the certificate was verified. */
  readonly policyKey: string;
  /** Undefined: the authorities are not known, and none could be asked for. */
  readonly verdict: CertificateVerdict | undefined;
  readonly certificate: ShownCertificate | undefined;
}

/** What came of verifying a certificate. */
export interface CertificateVerdict {
  /** As nginx writes it: `SUCCESS`, `NONE`, or `FAILED:` and why. */
  readonly text: string;
  readonly isAccepted: boolean;
  /** Nothing is wrong with it but that no authority which we know has issued it. */
  readonly isUnknownAuthority: boolean;
}

/** A certificate as endpoints get it. */
export interface ShownCertificate {
  /** RFC 2253, as nginx writes it: in ASCII. */
  readonly subject: string;
  readonly issuer: string;
  /** PEM, escaped as part of a URL. */
  readonly escapedPem: string;
}

/** Why a request does not come in. The reasons that logs and metrics show have the same names. */
export type CertificateRefusal =
  | "client-certificate-missing"
  | "client-certificate-bad"
  | "client-certificate-denied"
  | "misdirected"
  | "closed-secret";

/**
 * Whether a request may come in by the certificate of its connection. That has to have been opened for the host of the request,
 * by the policy that the host has now: nothing that was shown elsewhere, or before, counts. Without TLS come in only those who ask a
 * rule of its own for the proof of a host's certificate: no authority shows one, and the host would lose its certificate.
 */
export function certificateRefusal(
  { key, mode, subject }: ClientCertificatePolicy,
  request: {
    readonly identity: ClientIdentity | undefined;
    readonly isSecure: boolean;
    readonly host: string | undefined;
    /** That matched: its path, and what becomes of that. */
    readonly rule: { readonly path: string; readonly rewrite: object | undefined };
  },
): CertificateRefusal | undefined {
  const { identity, isSecure, host, rule } = request;
  const withoutAny = mode === "on" ? "client-certificate-missing" : subject && "client-certificate-denied";
  if (!isSecure) return isProofPath(rule.path, rule.rewrite) ? undefined : withoutAny;
  if (identity === undefined || identity.host !== host || identity.policyKey !== key) return "misdirected";
  const { verdict, certificate } = identity;
  if (verdict === undefined) return "closed-secret";
  if (certificate === undefined) return withoutAny;
  if (!verdict.isAccepted && (mode !== "optional_no_ca" || !verdict.isUnknownAuthority))
    return "client-certificate-bad";
  return subject === undefined || valueMatches(subject, certificate.subject) ? undefined : "client-certificate-denied";
}
