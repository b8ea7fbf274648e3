import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";

/**
 * How many authorities are between a certificate, which Node gave with those that issued it, and the one that is trusted. That
 * one, which has issued itself, is last, or missing where the other end did not send it.
 */
export function intermediates(certificate: PeerCertificate): number {
  let count = 0;
  let one = certificate as Partial<DetailedPeerCertificate>;
  while (one.issuerCertificate !== undefined && one.issuerCertificate !== one) {
    one = one.issuerCertificate;
    if (one.issuerCertificate !== one) count += 1;
  }
  return count;
}
