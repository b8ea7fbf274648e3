import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "./ingress-options.ts";

/** What the program was started with. */
export interface GivenOptions {
  readonly options: OptionValues<typeof ingressOptions>;
  /** Those that were given, as a flag or as a variable: the others have their defaults. */
  readonly given: ReadonlySet<keyof typeof ingressOptions>;
  readonly env: Readonly<Record<string, string | undefined>>;
}
