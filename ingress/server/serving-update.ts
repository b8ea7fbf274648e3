import type { KeySet } from "#src/auth/jwt/key-set.ts";
import type { OidcSecrets } from "#src/auth/oidc/find-oidc-secrets.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import type { ProgramSettings } from "#src/model/ingress-nginx/program-settings.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import type { NamedHeaders } from "#ingress/named-config-maps.ts";
import type { HeadersOfAll } from "#ingress/nginx-config-reader.ts";
import type { KeyPair } from "#ingress/tls/self-signed.ts";
import type { VerifiedUri } from "#ingress/token-keys.ts";

/** What the reader says, besides routes, to what serves: how things are from now on. */
export type ServingUpdate =
  /** Names and passwords, by `passwordKey`. */
  | { readonly kind: "passwords"; readonly lists: ReadonlyMap<string, PasswordList> }
  | { readonly kind: "sign-in"; readonly secrets: OidcSecrets }
  /** Certificates for TLS to endpoints, and the authorities of clients, by `namespace/name`. */
  | { readonly kind: "certificate-secrets"; readonly secrets: ReadonlyMap<string, CertificateSecret> }
  | { readonly kind: "headers"; readonly headers: NamedHeaders }
  | { readonly kind: "headers-of-all"; readonly headers: HeadersOfAll }
  | { readonly kind: "blocked"; readonly blocked: BlockedRequests | undefined }
  | { readonly kind: "program"; readonly settings: ProgramSettings }
  /** The keys of tokens in Secrets and ConfigMaps, by `keyObjectText`. */
  | { readonly kind: "token-keys"; readonly sets: ReadonlyMap<string, KeySet> }
  /** Where the keys of tokens are to be fetched, by `keyUriName`. */
  | { readonly kind: "token-uris"; readonly uris: ReadonlyMap<string, VerifiedUri> }
  /** What sessions of TLS are sealed with: with others than before no earlier one is resumed. */
  | { readonly kind: "ticket-keys"; readonly keys: Uint8Array };

/** What it says of certificates to what serves in another thread. */
export type CertificateUpdate =
  /** The Secret (`namespace/name`) whose certificate each host has, and their certificates. */
  | {
      readonly kind: "certificates";
      readonly secretOfHost: ReadonlyMap<string, string>;
      readonly pairs: ReadonlyMap<string, KeyPair>;
    }
  /** The certificate for hosts that have none. */
  | { readonly kind: "default-certificate"; readonly pair: KeyPair };
