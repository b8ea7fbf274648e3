import { keyObjectOf, keyObjectText } from "#src/auth/jwt/found-key-sets.ts";
import { keySet, type KeySet } from "#src/auth/jwt/key-set.ts";
import { keyUriName } from "#src/auth/jwt/key-uri.ts";
import type { JwksSource } from "#src/model/policies/jwks-source.ts";
import type { Problem } from "#src/model/problem.ts";
import type { KeptKeys } from "#ingress/token-keys.ts";
import type { RemoteKeys } from "./remote-keys.ts";

/** The keys of issuers, wherever policies have them. */
export class KeySets implements KeptKeys {
  readonly #remote: RemoteKeys;
  #ofObjects: ReadonlyMap<string, KeySet> = new Map();
  readonly #inline = new WeakMap<JwksSource, KeySet>();

  constructor(remote: RemoteKeys) {
    this.#remote = remote;
  }

  /** The keys in Secrets and ConfigMaps from now on, by `keyObjectText`. */
  useObjects(sets: ReadonlyMap<string, KeySet>): void {
    this.#ofObjects = sets;
  }

  follow(uris: Parameters<KeptKeys["follow"]>[0]): void {
    this.#remote.follow(uris);
  }

  problems(): readonly Problem[] {
    return this.#remote.problems();
  }

  onChange(use: () => void): void {
    this.#remote.onChange(use);
  }

  /** The keys now, for a policy of this namespace; a promise: they are fetched for the first time; undefined: there are none. */
  get(source: JwksSource, namespace: string): KeySet | Promise<unknown> | undefined {
    if (source.kind === "uri") return this.#remote.get(keyUriName(source, namespace));
    if (source.kind === "inline") return this.#ofInline(source);
    const named = keyObjectOf(source, namespace);
    return named && this.#ofObjects.get(keyObjectText(named));
  }

  /** Resolves when keys were fetched again, because a token has another one; undefined: that is not done, or not so soon. */
  lookAgain(source: JwksSource, namespace: string): Promise<unknown> | undefined {
    return source.kind === "uri" ? this.#remote.lookAgain(keyUriName(source, namespace)) : undefined;
  }

  #ofInline(source: Extract<JwksSource, { readonly kind: "inline" }>): KeySet {
    const known = this.#inline.get(source) ?? keySet(source.keys);
    this.#inline.set(source, known);
    return known;
  }
}
