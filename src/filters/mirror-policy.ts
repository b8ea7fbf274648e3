import type { MirrorTarget } from "#src/model/annotations/mirror.ts";

/** Copies of the requests of a rule. */
export interface MirrorPolicy {
  readonly target: MirrorTarget;
  /** The field `Host` of copies. */
  readonly host: string;
  readonly sendsBody: boolean;
}
