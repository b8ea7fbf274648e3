import type { LookupFunction } from "node:net";
import { type OidcSecrets, secretsOf } from "#src/auth/oidc/find-oidc-secrets.ts";
import { RecentMap } from "#src/collections/recent-map.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { OidcClient } from "./oidc-client.ts";

export interface OidcClientsOptions {
  readonly lookup: LookupFunction;
  readonly isReachable: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** Policies whose providers are known: of one more the one that was used longest ago is asked again. */
const MAX_CLIENTS = 1_024;

interface KeptClient {
  readonly policy: OidcPolicy;
  readonly clientSecret: string | undefined;
  readonly caPem: string | undefined;
  readonly client: OidcClient;
}

/** The clients of providers, one for each policy: another one where the policy or its Secrets change. */
export class OidcClients {
  readonly #options: OidcClientsOptions;
  readonly #clients = new RecentMap<KeptClient>(MAX_CLIENTS);

  constructor(options: OidcClientsOptions) {
    this.#options = options;
  }

  /** The client for a policy, with its Secrets as they are now. */
  clientOf(policy: OidcPolicy, secrets: Omit<OidcSecrets, "sessionKeys">): OidcClient {
    const named = secretsOf(policy);
    const clientSecret = secrets.clientSecrets.get(named.clientSecrets ?? "");
    const caPem = secrets.authorities.get(named.authorities ?? "");
    const kept = this.#clients.get(policy.key);
    if (kept?.policy === policy && kept.clientSecret === clientSecret && kept.caPem === caPem) return kept.client;
    const { lookup, isReachable, clockMs } = this.#options;
    const client = new OidcClient({
      policy,
      clientSecret,
      fetch: boundedFetch({ lookup, isReachable, caPem }),
      clockMs,
    });
    this.#clients.set(policy.key, { policy, clientSecret, caPem, client });
    return client;
  }
}
