import { FoundKeySets, type KeyObject } from "#src/auth/jwt/found-key-sets.ts";
import { type JwksClaims, jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import type { KeySet } from "#src/auth/jwt/key-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";

/** The keys of issuers as the program keeps them. */
export interface KeptKeys {
  /** Takes the keys that are in Secrets and ConfigMaps. */
  useObjects(sets: ReadonlyMap<string, KeySet>): void;
  /** Keeps the keys at these URIs from now on. */
  follow(uris: JwksClaims["uris"]): void;
  /** What is wrong with URIs. */
  problems(): readonly Problem[];
  /** Calls back whenever they may be others than before. */
  onChange(use: () => void): void;
}

export interface TokenKeysOptions {
  readonly source: Pick<Source, "get">;
  readonly problems: ProblemLog;
  readonly keys: KeptKeys | undefined;
  /** Whether an object (`namespace/name`) was looked up. */
  readonly knows: (kind: KeyObject["kind"], key: string) => boolean;
}

/** Reads where the keys of tokens are that policies of Ingresses of ours name, and follows them. */
export class TokenKeys {
  readonly #options: TokenKeysOptions;
  readonly #found = new FoundKeySets();
  #claims: JwksClaims = { uris: new Map(), objects: [] };

  constructor(options: TokenKeysOptions) {
    this.#options = options;
  }

  /** The Secrets, or ConfigMaps, (`namespace/name`) that policies name. */
  objects(kind: KeyObject["kind"]): ReadonlySet<string> {
    return new Set(this.#claims.objects.filter((one) => one.kind === kind).map(({ object }) => object));
  }

  /** Finds what these Ingresses name. */
  find(ingresses: readonly Ingress[]): void {
    this.#claims = jwksClaims(ingresses);
    this.#options.keys?.follow(this.#claims.uris);
  }

  /** Reads the objects that are named, and hands on what they say. */
  read(): void {
    const { source, problems, keys, knows } = this.#options;
    const { sets, problems: found } = this.#found.read(
      this.#claims.objects,
      ({ kind, object }) => source.get(kind, object) ?? (knows(kind, object) ? undefined : null),
    );
    problems.report("objects with keys of tokens", found);
    keys?.useObjects(sets);
  }

  /** Says what is wrong with URIs now. */
  report(): void {
    const { problems, keys } = this.#options;
    problems.report("keys of tokens", (keys?.problems() ?? []).slice(0, MAX_PROBLEMS));
  }
}

/** More than a person reads at once. */
const MAX_PROBLEMS = 100;
