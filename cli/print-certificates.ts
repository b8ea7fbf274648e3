import { listed } from "#src/model/listed.ts";
import { oneLine } from "#src/model/one-line.ts";
import type { CertificatesView } from "#src/view/view-certificates.ts";
import type { CertificateView } from "#src/view/view-certificate.ts";
import { withProblems } from "./print-lines.ts";
import { printServedSecret } from "./print-served-secret.ts";
import { printTable } from "./table.ts";

/** Names that a row shows. */
const NAMES_SHOWN = 3;

/** Certificates for a terminal: a row for each host, then what is wrong, then Problems. Where `isWide` with all names and codes. */
export function printCertificates({ certificates, problems }: CertificatesView, isWide = false): string {
  return withProblems(printRows(certificates, isWide), problems);
}

function printRows(certificates: readonly CertificateView[] | undefined, isWide: boolean): string {
  if (certificates === undefined) return "The certificates cannot be known, for the reasons below.\n";
  if (certificates.length === 0) return "No Ingress has a tls entry.\n";
  const title = [
    "VERDICT",
    "HOST",
    "SECRET",
    "SUBJECT",
    "NAMES",
    "ISSUER",
    "NOT AFTER",
    "DAYS",
    ...(isWide ? ["DEFAULT", "REASONS"] : []),
  ];
  const rows = certificates.map(({ host, subject, names, issuer, notAfter, days, ...certificate }) => [
    certificate.verdict === "unknown" ? "?" : certificate.verdict,
    host,
    printServedSecret(certificate),
    subject ?? "",
    isWide ? names.join(", ") : listed(names, NAMES_SHOWN),
    issuer ?? "",
    notAfter?.replace(/\.\d+Z$/, "Z") ?? "",
    days === null ? "" : String(days),
    ...(isWide
      ? [certificate.isDefault ? "yes" : "no", certificate.problems.map(({ reason }) => reason).join(", ")]
      : []),
  ]);
  const wrong = certificates.flatMap(({ host, problems }) =>
    problems.map(({ text, fix, reason }) => `${oneLine(`${host}  ${text} ${fix} [${reason}]`)}\n`),
  );
  return `${printTable(title, rows)}${wrong.length === 0 ? "" : `\n${wrong.join("")}`}`;
}
