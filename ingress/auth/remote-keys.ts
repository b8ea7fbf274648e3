import { cutFairly } from "#src/collections/cut-fairly.ts";
import { fewestOwners } from "#src/collections/fewest-owner.ts";
import { keySet, type KeySet } from "#src/auth/jwt/key-set.ts";
import { readJwks } from "#src/model/policies/jwk.ts";
import type { JwksUrl } from "#src/model/policies/jwks-source.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { doubledMs } from "#src/process/back-off.ts";
import { type Asked, DueQuestions } from "#ingress/due-questions.ts";
import type { VerifiedUri } from "#ingress/token-keys.ts";
import type { FetchDocument } from "./document-client.ts";

export interface RemoteKeysOptions {
  readonly fetch: FetchDocument;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** What comes of a fetch: keys, or none that can be used. */
export const FETCH_OUTCOMES = ["read", "failed"] as const;

type FetchOutcome = (typeof FETCH_OUTCOMES)[number];

/** What is known of one URI. */
interface KnownUri extends Asked {
  readonly uri: string;
  readonly url: JwksUrl;
  caPem: string | undefined;
  policies: readonly string[];
  /** The namespace that it counts for. */
  owner: string;
  /** The last ones that could be read. */
  keys: KeySet | undefined;
  text: string | undefined;
  /** Why the last try has failed; undefined: it has not. */
  why: string | undefined;
  dueMs: number;
  failures: number;
  /** From when on a token with an unknown key may have them fetched again. */
  againMs: number;
}

/** URIs whose keys are kept. No namespace keeps the URIs of others out. */
const MAX_URIS = 512;
/** Fetched at once, of one namespace half of them at most. */
const MAX_ASKED = 16;
/** How long keys are used where their server says nothing of it; and the bounds of what it may say. */
const KEPT_MS = 300_000;
const MIN_KEPT_MS = 60_000;
const MAX_KEPT_MS = 3_600_000;
/** Tokens with unknown keys have them fetched again after so long: made-up ones cause no storm. */
const AGAIN_MS = 10_000;
const RETRY = { firstMs: 1_000, longestMs: 60_000 };

/**
 * The keys of issuers at the URIs that policies name, fetched again before they are old. Where one does not answer, its last keys
 * count. One fetch is for all policies that name a URI.
 */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #known = new Map<string, KnownUri>();
  readonly #questions: DueQuestions<KnownUri>;
  #unfollowed: readonly VerifiedUri[] = [];
  #onChange: () => void = () => undefined;
  /** Fetches that have ended. */
  readonly counts: Record<FetchOutcome, number> = { read: 0, failed: 0 };

  constructor(options: RemoteKeysOptions) {
    const { clockMs } = options;
    this.#options = options;
    const ask = (known: KnownUri) => this.#ask(known);
    this.#questions = new DueQuestions({ known: this.#known, ask, maxAsked: MAX_ASKED, clockMs });
  }

  /** Calls back whenever keys or Problems are others than before. */
  onChange(use: () => void): void {
    this.#onChange = use;
  }

  /** Resolves when the fetches that are under way now have ended. */
  get settled(): Promise<unknown> {
    return this.#questions.settled;
  }

  /** URIs whose last fetch has failed, while their last keys are used. */
  get staleCount(): number {
    return [...this.#known.values()].filter(({ keys, why }) => keys !== undefined && why !== undefined).length;
  }

  /** Keeps the keys of these URIs from now on, and no others. */
  follow(uris: ReadonlyMap<string, VerifiedUri>): void {
    const owners = fewestOwners(
      new Map(Array.from(uris, ([uri, { policies }]) => [uri, new Set(policies.map(namespaceOf))])),
    );
    const ownerOf = ([uri]: readonly [string, unknown]) => owners.get(uri) ?? "";
    const followed = new Map(cutFairly([...uris], { max: MAX_URIS, ownerOf }));
    this.#unfollowed = [...uris].flatMap(([uri, of]) => (followed.has(uri) ? [] : [of]));
    for (const uri of this.#known.keys()) if (!followed.has(uri)) this.#known.delete(uri);
    const nowMs = this.#options.clockMs();
    for (const [name, { uri, url, caPem, policies }] of followed) {
      const owner = owners.get(name) ?? "";
      const known = this.#known.get(name);
      if (known === undefined) this.#known.set(name, newUri({ uri, url, caPem, policies, owner }, nowMs));
      else Object.assign(known, { policies, owner, caPem, ...(caPem !== known.caPem && { dueMs: nowMs }) });
    }
    this.#questions.askDue();
  }

  /** The keys of a URI; a promise: they are fetched for the first time; undefined: there are none. */
  get(uri: string): KeySet | Promise<unknown> | undefined {
    const known = this.#known.get(uri);
    return known?.keys ?? (known?.failures === 0 ? known.asking : undefined);
  }

  /** Has keys fetched again, because a token has another one; undefined: not so soon. */
  lookAgain(uri: string): Promise<unknown> | undefined {
    const known = this.#known.get(uri);
    if (known === undefined || this.#questions.isClosed) return undefined;
    if (known.asking !== undefined) return known.asking;
    return this.#options.clockMs() < known.againMs ? undefined : this.#questions.askNow(known);
  }

  /** What is wrong with URIs, for each policy. */
  problems(): readonly Problem[] {
    const failed = [...this.#known.values()].flatMap(({ uri, policies, keys, why }) =>
      why === undefined ? [] : policies.map((policy) => unavailable(policy, { uri, why, hasKeys: keys !== undefined })),
    );
    const why = `policies name more than ${MAX_URIS} URIs`;
    const left = this.#unfollowed.flatMap(({ policies }) =>
      policies.map((policy) => unavailable(policy, { uri: "its URI", why, hasKeys: false })),
    );
    return [...failed, ...left];
  }

  close(): void {
    this.#questions.close();
  }

  async #ask(known: KnownUri): Promise<void> {
    const { keys, why } = known;
    await this.#find(known);
    known.againMs = this.#options.clockMs() + AGAIN_MS;
    if (!this.#questions.isClosed && (known.keys !== keys || known.why !== why)) this.#onChange();
  }

  async #find(known: KnownUri): Promise<void> {
    const { fetch, clockMs } = this.#options;
    const found = await fetch(known.url, known.caPem);
    const read = found.kind === "failed" ? found.why : readJwks(found.text);
    if (found.kind === "failed" || typeof read === "string") {
      this.counts.failed += 1;
      known.why = typeof read === "string" ? read : undefined;
      known.dueMs = clockMs() + doubledMs(RETRY, known.failures);
      known.failures += 1;
      return;
    }
    this.counts.read += 1;
    // The same keys stay the same value: what was verified with them counts.
    if (known.text !== found.text) known.keys = keySet(read);
    known.text = found.text;
    known.why = undefined;
    known.failures = 0;
    known.dueMs = clockMs() + Math.min(Math.max(found.forMs ?? KEPT_MS, MIN_KEPT_MS), MAX_KEPT_MS);
  }
}

function newUri(of: Pick<KnownUri, "uri" | "url" | "caPem" | "policies" | "owner">, nowMs: number): KnownUri {
  return {
    ...of,
    keys: undefined,
    text: undefined,
    why: undefined,
    dueMs: nowMs,
    failures: 0,
    againMs: nowMs,
    asking: undefined,
  };
}

function namespaceOf(policy: string): string {
  return policy.slice(0, policy.indexOf("/"));
}

function unavailable(
  policy: string,
  { uri, why, hasKeys }: { readonly uri: string; readonly why: string; readonly hasKeys: boolean },
): Problem {
  return {
    code: "JWKS_UNAVAILABLE",
    at: objectAt("HTTPPolicy", policy, "spec.jwt"),
    what: `Cannot fetch the keys of tokens from ${uri}`,
    why,
    fix: hasKeys
      ? "Look at the issuer. The last keys stay in use until it answers"
      : "Look at the issuer and at the URI. Until it answers, requests with a token are answered 503",
    severity: hasKeys ? "warning" : "error",
  };
}
