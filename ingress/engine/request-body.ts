import type { MirrorCopy } from "./mirror.ts";

/** How far the body of a request has come, whatever its framing. */
export interface RequestBody {
  readonly isDone: boolean;
  /** Its length was not announced. */
  readonly isChunked: boolean;
  /** Data so far, of a body whose length was not announced. */
  readonly chunkBytes: number;
  /** A field comes after the data. */
  readonly hasTrailers: boolean;
  /** Those whose names have come, as they came. */
  readonly trailerNames: readonly string[];
  /** Gets what comes of it; undefined: nothing does. */
  copy: MirrorCopy | undefined;
  /** The copy, if there is one, gets nothing more: it is sent where it is whole, and left out otherwise. */
  endCopy(isWhole: boolean): void;
}

/** That of a request of our own. */
export function emptyBody(): RequestBody {
  const endCopy = (): void => undefined;
  return {
    isDone: true,
    isChunked: false,
    chunkBytes: 0,
    hasTrailers: false,
    trailerNames: [],
    copy: undefined,
    endCopy,
  };
}
