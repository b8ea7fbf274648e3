import type { OidcSecrets } from "#src/auth/oidc/find-oidc-secrets.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import type { Logger } from "#src/process/log.ts";
import type { IsOwnEndpoint } from "#src/routing/ingress/backend.ts";
import type { ClassScope, Compat } from "#src/routing/ingress/routing-snapshot.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { Source } from "#src/source/source.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import type { ExternalNamesOptions } from "#ingress/names/external-names.ts";
import type { RouteChanges } from "#ingress/server/route-changes.ts";
import type { NamedHeaders } from "#ingress/named-config-maps.ts";
import type { NginxConfigOptions } from "#ingress/nginx-config-reader.ts";
import type { PublishSettings } from "#ingress/status/publish-settings.ts";
import type { KeptKeys } from "#ingress/token-keys.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";

/** What the ingress is given. */
export interface IngressContext {
  readonly source: Source;
  readonly scope: ClassScope;
  /** Serve the Ingresses of namespaces with such labels alone; undefined: of all. */
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly certificates: Pick<Certificates, "use">;
  readonly log: Logger;
  /** Whether an address and port are this program's own. */
  readonly isOwnEndpoint?: IsOwnEndpoint;
  /** The Secret (`namespace/name`) of the default certificate; undefined: a self-signed one. */
  readonly defaultSecret?: string | undefined;
  /** Looks up the names of Services of type ExternalName; undefined: no requests are sent to these. */
  readonly externalNames?: Pick<ExternalNamesOptions, "resolve" | "isReachable"> | undefined;
  /** The Node that this program runs on, whose endpoints and whose zone's go before others where the cluster says so; undefined: none do. */
  readonly nodeName?: string | undefined;
  /** The Service (`namespace/name`) for requests that no rule matches; undefined: they are answered 404. */
  readonly defaultService?: string | undefined;
  /** Which addresses are written into statuses; undefined: none are. */
  readonly publish?: PublishSettings | undefined;
  /** Takes the names and passwords that requests are asked for; by default none come in. */
  readonly usePasswords?: (lists: ReadonlyMap<string, PasswordList>) => void;
  /** Takes what the Secrets say that policies name for sign-in; by default none comes in. */
  readonly useOidcSecrets?: (secrets: OidcSecrets) => void;
  /** Takes the certificates for TLS to endpoints and the authorities of clients; by default those that need any are not asked. */
  readonly useCertificateSecrets?: (secrets: ReadonlyMap<string, CertificateSecret>) => void;
  /** Names of header fields, in lower case, that ConfigMaps may set in answers; by default none. */
  readonly allowedHeaders?: ReadonlySet<string>;
  /** Takes the header fields that ConfigMaps name; by default none are written. */
  readonly useHeaders?: (headers: NamedHeaders) => void;
  /** Keeps the keys of tokens; by default no token lets in. */
  readonly tokenKeys?: KeptKeys;
  /** Replicas can count rate limits together; by default nothing is said where they cannot. */
  readonly countsTogether?: boolean;
  /** TLS is passed on unread where Ingresses ask for it; false by default. */
  readonly passesTls?: boolean | undefined;
  /** How paths are compared; default `hawser`. */
  readonly compat?: Compat | undefined;
  /** Where what ingress-nginx's ConfigMap says of all Ingresses is read; undefined: from nowhere. */
  readonly nginxConfig?: NginxConfigOptions | undefined;
  /** Takes each new route table, the changes that it comes from, and what gives all that it is made of. */
  readonly useRoutes: (table: RouteTable, changes: RouteChanges, everything: () => RouteChanges) => void;
}
