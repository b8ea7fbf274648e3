import type { CookieSettings } from "#src/balancing/set-cookie.ts";
import type { AffinityMode } from "#src/model/annotations/affinity.ts";
import type { LoadBalance } from "#src/model/annotations/load-balance.ts";
import type { HashPart } from "#src/model/annotations/upstream-hash-by.ts";

/** How an endpoint is chosen, where it is not only done in turns. */
export interface Balancing {
  /** Also for requests that are hashed by nothing. */
  readonly policy: LoadBalance;
  readonly hashBy?: HashBy;
  /** Goes before the others; they say where a new session begins. */
  readonly affinity?: Affinity;
}

/** A client stays with one endpoint, by a cookie. */
export interface Affinity {
  readonly mode: AffinityMode;
  /** A client whose endpoint failed stays with the one that answered in its place. */
  readonly changesOnFailure: boolean;
  /** Browsers that do not understand `SameSite=None` get the cookie without it. */
  readonly sparesOldBrowsers?: true;
  /** The name of the cookie in small letters: names are compared without regard to case. */
  readonly readName: string;
  readonly cookie: CookieSettings;
}

/** Requests with the same text go to the same endpoint, or to one of the same few. */
interface HashBy {
  readonly parts: readonly HashPart[];
  /** How many endpoints a text has. */
  readonly subsetSize: number;
}
