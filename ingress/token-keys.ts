import { FoundAuthorities } from "#src/auth/jwt/found-authorities.ts";
import { FoundKeySets, type KeyObject, keyObjectText } from "#src/auth/jwt/found-key-sets.ts";
import { type FollowedUri, type JwksClaims, jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import type { KeySet } from "#src/auth/jwt/key-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";

/** A URI, and what its server is verified by. */
export interface VerifiedUri extends FollowedUri {
  /** In PEM; undefined: by the authorities of the system. */
  readonly caPem?: string | undefined;
}

/** The keys of issuers as the program keeps them. */
export interface KeptKeys {
  /** Takes the keys that are in Secrets and ConfigMaps. */
  useObjects(sets: ReadonlyMap<string, KeySet>): void;
  /** Keeps the keys at these URIs from now on. */
  follow(uris: ReadonlyMap<string, VerifiedUri>): void;
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
  readonly #authorities = new FoundAuthorities();
  #claims: JwksClaims = { uris: new Map(), objects: [] };

  constructor(options: TokenKeysOptions) {
    this.#options = options;
  }

  /** The Secrets, or ConfigMaps, (`namespace/name`) that policies name. */
  objects(kind: KeyObject["kind"]): ReadonlySet<string> {
    const all = [...this.#claims.objects, ...this.#namedAuthorities()];
    return new Set(all.filter((one) => one.kind === kind).map(({ object }) => object));
  }

  /** Finds what these Ingresses name. */
  find(ingresses: readonly Ingress[]): void {
    this.#claims = jwksClaims(ingresses);
  }

  /** Reads the objects that are named, and hands on what they say. */
  read(): void {
    const { source, problems, keys, knows } = this.#options;
    const objectOf = ({ kind, object }: KeyObject) =>
      source.get(kind, object) ?? (knows(kind, object) ? undefined : null);
    const { sets, problems: found } = this.#found.read(this.#claims.objects, objectOf);
    const { pems, problems: unusable } = this.#authorities.read(this.#namedAuthorities(), objectOf);
    problems.report("objects with keys of tokens", [...found, ...unusable]);
    keys?.useObjects(sets);
    // Without the authorities that a policy names its server cannot be verified, and is not asked.
    const uris = [...this.#claims.uris].flatMap(([name, of]): readonly (readonly [string, VerifiedUri])[] => {
      const caPem = of.authorities && pems.get(keyObjectText(of.authorities));
      return of.authorities !== undefined && caPem === undefined ? [] : [[name, { ...of, caPem }]];
    });
    keys?.follow(new Map(uris));
  }

  #namedAuthorities(): readonly KeyObject[] {
    return [...this.#claims.uris.values()].flatMap(({ authorities }) => authorities ?? []);
  }

  /** Says what is wrong with URIs now. */
  report(): void {
    const { problems, keys } = this.#options;
    problems.report("keys of tokens", (keys?.problems() ?? []).slice(0, MAX_PROBLEMS));
  }
}

/** More than a person reads at once. */
const MAX_PROBLEMS = 100;
