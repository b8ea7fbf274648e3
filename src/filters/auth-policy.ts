import type { BasicAuth } from "#src/auth/basic-auth.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { AccessLimits } from "./access-limits.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import type { SourceNetworks } from "./source-networks.ts";

/** What a request has to show to come in: each of these that is named, or one of them. */
export interface AuthPolicy {
  /** Whose it is: what waits for the answers of one must not keep out those of others. */
  readonly namespace: string;
  readonly basic: BasicAuth | undefined;
  readonly external: ExternalAuth | undefined;
  /** Besides, whatever `satisfy` says. */
  readonly oidc?: OidcPolicy | undefined;
  /** A token, besides, whatever `satisfy` says. */
  readonly jwt?: JwtPolicy | undefined;
  /** `any`: one of them is enough, and an address that may come in is one of them. */
  readonly satisfy: "all" | "any";
  /** Of `any` alone: otherwise they are a filter of their own. */
  readonly sources: SourceNetworks | undefined;
  /** How often requests may come in. */
  readonly limits?: AccessLimits | undefined;
}
