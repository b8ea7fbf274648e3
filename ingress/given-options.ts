import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "./ingress-options.ts";

/** What the program was started with. */
export interface GivenOptions {
  readonly options: OptionValues<typeof ingressOptions>;
  /** As they were given. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}
