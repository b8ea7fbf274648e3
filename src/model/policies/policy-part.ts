import type { PathSettings } from "./policy-slots.ts";

/** One thing that a policy says: a name of `settings`, or a field of `spec` beside it. Of several policies each part is taken whole. */
export interface PolicyPart {
  /** As it is written: `proxy-body-size`, `jwt`. */
  readonly name: string;
  /** `spec.settings["proxy-body-size"]`, `spec.jwt`. */
  readonly at: string;
  /** What it sets of a path. */
  readonly values: PathSettings;
  /** Two policies whose texts are the same say the same. */
  readonly text: string;
  /** It says who may come in, or how often. */
  readonly restricts: boolean;
}
