import { namedHosts } from "#src/tls/certificate-claims.ts";
import type { Problem } from "#src/model/problem.ts";
import type { SeenRoutes } from "./see-routes.ts";
import { readIngresses } from "./served-ingresses.ts";
import { type CertificateView, viewCertificate } from "./view-certificate.ts";

/** What `hawser certs` shows. */
export interface CertificatesView {
  /** By host; undefined where Ingresses may not be read. */
  readonly certificates: readonly CertificateView[] | undefined;
  readonly problems: readonly Problem[];
}

/** The certificate of each host that an Ingress has a `tls` entry for, or that a certificate which is named without hosts is for. */
export function viewCertificates(seen: SeenRoutes, host?: string): CertificatesView {
  const { input, served, certificates } = seen;
  const hosts = new Set([...namedHosts(readIngresses(served)), ...certificates.byHost.keys()]);
  const wanted = [...hosts].filter((one) => host === undefined || one === host).sort();
  return {
    certificates: input.ingresses && wanted.map((host) => viewCertificate(seen, host)),
    problems: input.problems,
  };
}
