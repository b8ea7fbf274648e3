import { randomBytes } from "node:crypto";
import { MAX_JWKS_LENGTH } from "#src/model/policies/jwk.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import type { PolicyLimits } from "#ingress/limits/open-rate-limits.ts";
import { AuthGate } from "./auth-gate.ts";
import { authService } from "./auth-service.ts";
import { authServiceLog } from "./auth-service-log.ts";
import { documentClient } from "./document-client.ts";
import { ExternalAuthorizer } from "./external-authorizer.ts";
import { JwtStep } from "./jwt-step.ts";
import { KeySets } from "./key-sets.ts";
import { OidcClients } from "./oidc-clients.ts";
import { OidcStep } from "./oidc-step.ts";
import { PasswordChecker } from "./password-checker.ts";
import { PasswordStep } from "./password-step.ts";
import { passwordThread } from "./password-thread.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { satisfied } from "./satisfied.ts";
import { ServiceStep } from "./service-step.ts";
import { signInLog } from "./sign-in-log.ts";

export interface OpenAccessOptions {
  readonly log: Logger;
  /** How names of services are looked up that are asked. */
  readonly lookup: Parameters<typeof authService>[0]["lookup"];
  /** Whether such a service may be asked at an address. */
  readonly isReachable: (address: string) => boolean;
  readonly rateLimits: Pick<PolicyLimits, "before" | "after">;
}

/** All that says who may come in. */
export interface OpenAccess {
  readonly gate: AuthGate;
  readonly passwords: PasswordStep;
  readonly services: ServiceStep;
  readonly signIn: OidcStep;
  readonly remoteKeys: RemoteKeys;
  readonly keySets: KeySets;
  close(): Promise<void>;
}

/** Opens what requests are asked by their rules: tokens, sign-in, passwords, services, and limits between them. */
export function openAccess({ log, lookup, isReachable, rateLimits }: OpenAccessOptions): OpenAccess {
  const thread = passwordThread();
  const service = authService({ lookup, isReachable, onFailure: authServiceLog(log, monotonicMs) });
  const passwords = new PasswordStep(new PasswordChecker(thread));
  const services = new ServiceStep(new ExternalAuthorizer(service, monotonicMs));
  const signIn = new OidcStep({
    clients: new OidcClients({ lookup, isReachable, clockMs: monotonicMs }),
    chance: randomBytes,
    wallMs,
    onFailure: signInLog(log, monotonicMs),
  });
  const fetch = documentClient({ lookup, isReachable, maxBytes: MAX_JWKS_LENGTH });
  const remoteKeys = new RemoteKeys({ fetch, clockMs: monotonicMs });
  const keySets = new KeySets(remoteKeys);
  const gate = new AuthGate([
    rateLimits.before,
    new JwtStep(keySets, wallMs),
    signIn,
    rateLimits.after,
    satisfied(passwords, services),
  ]);
  return {
    gate,
    passwords,
    services,
    signIn,
    remoteKeys,
    keySets,
    async close() {
      await thread.close();
      remoteKeys.close();
      service.close();
    },
  };
}
