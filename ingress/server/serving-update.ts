import type { OidcSecrets } from "#src/auth/oidc/find-oidc-secrets.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import type { ProgramSettings } from "#src/model/ingress-nginx/program-settings.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import type { NamedHeaders } from "#ingress/named-config-maps.ts";
import type { HeadersOfAll } from "#ingress/nginx-config-reader.ts";

/** What the reader says, besides routes, to what serves: how things are from now on. Data alone. */
export type ServingUpdate =
  /** Names and passwords, by `passwordKey`. */
  | { readonly kind: "passwords"; readonly lists: ReadonlyMap<string, PasswordList> }
  | { readonly kind: "sign-in"; readonly secrets: OidcSecrets }
  /** Certificates for TLS to endpoints, and the authorities of clients, by `namespace/name`. */
  | { readonly kind: "certificate-secrets"; readonly secrets: ReadonlyMap<string, CertificateSecret> }
  | { readonly kind: "headers"; readonly headers: NamedHeaders }
  | { readonly kind: "headers-of-all"; readonly headers: HeadersOfAll }
  | { readonly kind: "blocked"; readonly blocked: BlockedRequests | undefined }
  | { readonly kind: "program"; readonly settings: ProgramSettings };
