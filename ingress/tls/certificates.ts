import { createSecureContext, type SecureContext } from "node:tls";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import { hostOf, wildcardOf } from "#src/routing/host.ts";
import { compareAge } from "#src/routing/routing-snapshot.ts";
import { type KeyPair, selfSigned } from "./self-signed.ts";

/** `namespace/name` of the Secret for each host, as `spec.tls` of the Ingresses says; the oldest Ingress wins. */
export function certificateClaims(ingresses: readonly Ingress[]): ReadonlyMap<string, string> {
  const claims = new Map<string, string>();
  for (const ingress of ingresses.filter(({ tls }) => tls.length > 0).sort(compareAge)) {
    for (const { hosts, secretName } of ingress.tls) {
      if (secretName === undefined) continue;
      // An entry without hosts is for all hosts of its rules.
      for (const host of hosts.length > 0 ? hosts : ingress.rules.map((rule) => rule.host)) {
        if (!claims.has(host)) claims.set(host, `${ingress.namespace}/${secretName}`);
      }
    }
  }
  return claims;
}

/** The certificates in use. A change counts for new handshakes; connections that are open stay as they are. */
export class Certificates {
  /** For clients that give no server name or one that no usable Secret covers. */
  readonly fallback: KeyPair;
  readonly #fallbackContext: SecureContext;
  /** By Secret as it was read: one that stays is not loaded again. */
  readonly #loaded = new WeakMap<TlsSecret, SecureContext | Problem>();
  #byHost: ReadonlyMap<string, SecureContext> = new Map();

  constructor(nowMs: number) {
    this.fallback = selfSigned("hawser.invalid", nowMs);
    this.#fallbackContext = createSecureContext(this.fallback);
  }

  /** Serves these from now on. Returns a Problem for each Secret whose certificate cannot be used. */
  use(claims: ReadonlyMap<string, string>, secrets: ReadonlyMap<string, TlsSecret>): readonly Problem[] {
    const byHost = new Map<string, SecureContext>();
    const problems = new Set<Problem>();
    for (const [host, secretKey] of claims) {
      const secret = secrets.get(secretKey);
      const loaded = secret && this.#load(secret);
      if (loaded === undefined) continue;
      if ("code" in loaded) problems.add(loaded);
      else byHost.set(host, loaded);
    }
    this.#byHost = byHost;
    return [...problems];
  }

  /** The certificate for a server name (RFC 6066 section 3): of the exact host, the wildcard, else the fallback. */
  contextOf(serverName: string | undefined): SecureContext {
    const host = serverName === undefined ? undefined : hostOf(serverName);
    if (host === undefined) return this.#fallbackContext;
    return this.#byHost.get(host) ?? this.#byHost.get(wildcardOf(host) ?? "") ?? this.#fallbackContext;
  }

  #load(secret: TlsSecret): SecureContext | Problem {
    let loaded = this.#loaded.get(secret);
    if (loaded === undefined) {
      loaded = load(secret);
      this.#loaded.set(secret, loaded);
    }
    return loaded;
  }
}

function load({ key, certificatePem, privateKeyPem }: TlsSecret): SecureContext | Problem {
  try {
    return createSecureContext({ cert: certificatePem, key: privateKeyPem });
  } catch (error) {
    return {
      code: "SECRET_UNUSABLE",
      where: `Secret "${key}"`,
      what: "Cannot serve its certificate",
      why: error instanceof Error ? error.message : String(error),
      fix: "Store a certificate with the key that belongs to it; until then the default certificate is served",
      severity: "error",
    };
  }
}
