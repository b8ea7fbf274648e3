import type { CertificateView } from "#src/view/view-certificate.ts";

/** The Secret whose certificate is served, for a cell: `shop/web-tls`, `edge/any (default)`, `self-signed (default)`; `?`: not known. */
export function printServedSecret({
  secret,
  isDefault,
  verdict,
}: Pick<CertificateView, "secret" | "isDefault" | "verdict">): string {
  if (verdict === "unknown") return "?";
  return `${secret ?? "self-signed"}${isDefault ? " (default)" : ""}`;
}
