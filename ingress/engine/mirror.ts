import type { QuestionedRequest } from "#src/auth/auth-question.ts";
import type { MirrorPolicy } from "#src/filters/mirror-policy.ts";

/** A copy of a request whose body may still come. */
export interface MirrorCopy {
  /** Keeps a part of the body, as it came: with its framing. */
  add(bytes: Uint8Array, start: number, end: number): void;
  /** The request is complete: sends the copy. */
  end(): void;
  /** The request will not be complete. */
  drop(): void;
}

/** What a copied request says. */
export interface MirroredRequest {
  readonly request: QuestionedRequest;
  /** `Content-Length: 5`, or `Transfer-Encoding: chunked`; undefined: it has no body. */
  readonly framing: string | undefined;
}

/** Sends copies of requests. Whatever becomes of them, requests are not delayed and do not fail. */
export interface Mirror {
  /** Undefined: the copy is left out, because there are too many. */
  begin(policy: MirrorPolicy, request: MirroredRequest): MirrorCopy | undefined;
}

/** Sends none. */
export const NO_MIRROR: Mirror = { begin: () => undefined };
