import type { X509Certificate } from "node:crypto";
import type { ShownCertificate } from "#src/filters/client-certificate.ts";

/** Characters of a name that endpoints get. */
const MAX_NAME = 4_096;

/** What endpoints get of a client's certificate, as nginx writes it. */
export function shownCertificate(certificate: X509Certificate): ShownCertificate {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    escapedPem: encodeURIComponent(certificate.toString()),
  };
}

/**
 * A name as RFC 2253 has it, of what Node gives: one line for each part, the first of them last here. Values are escaped
 * already; bytes beyond ASCII are written in hexadecimal.
 */
function nameOf(lines: string | undefined): string {
  const parts = (lines ?? "").split("\n").filter((line) => line !== "");
  const name = parts.toReversed().join(",");
  const ascii = name.replaceAll(/[^\x20-\x7e]/g, (character) =>
    Array.from(Buffer.from(character), (byte) => `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
  return ascii.slice(0, MAX_NAME);
}
