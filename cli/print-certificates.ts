import { listed } from "#src/model/listed.ts";
import { oneLine } from "#src/model/one-line.ts";
import type { CertificatesView } from "#src/view/view-certificates.ts";
import type { CertificateView } from "#src/view/view-certificate.ts";
import { withProblems } from "./print-lines.ts";
import { printServedSecret } from "./print-served-secret.ts";
import { printTable } from "./table.ts";

/** Names that a row shows. */
const NAMES_SHOWN = 3;

/** Certificates for a terminal: a row for each host, then what is wrong, then Problems. */
export function printCertificates({ certificates, problems }: CertificatesView): string {
  return withProblems(printRows(certificates), problems);
}

function printRows(certificates: readonly CertificateView[] | undefined): string {
  if (certificates === undefined) return "The certificates cannot be known, for the reasons below.\n";
  if (certificates.length === 0) return "No Ingress has a tls entry.\n";
  const title = ["VERDICT", "HOST", "SECRET", "SUBJECT", "NAMES", "ISSUER", "NOT AFTER", "DAYS"];
  const rows = certificates.map(({ host, subject, names, issuer, notAfter, days, ...certificate }) => [
    certificate.verdict === "unknown" ? "?" : certificate.verdict,
    host,
    printServedSecret(certificate),
    subject ?? "",
    listed(names, NAMES_SHOWN),
    issuer ?? "",
    notAfter?.replace(/\.\d+Z$/, "Z") ?? "",
    days === null ? "" : String(days),
  ]);
  const wrong = certificates.flatMap(({ host, problems }) =>
    problems.map(({ text, fix, reason }) => `${oneLine(`${host}  ${text} ${fix} [${reason}]`)}\n`),
  );
  return `${printTable(title, rows)}${wrong.length === 0 ? "" : `\n${wrong.join("")}`}`;
}
