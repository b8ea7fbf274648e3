import { isDeepStrictEqual } from "node:util";
import { parseOptions } from "#src/process/options.ts";
import type { GivenOptions } from "./given-options.ts";
import { ingressOptions } from "./ingress-options.ts";

/** Whether a flag such as `--gzip-level=5` would change nothing: it is given so, or as a variable, or it is the default. */
export function isInForce(flag: string, options: GivenOptions["options"]): boolean {
  const read = parseOptions(ingressOptions, [flag], {});
  return read.kind === "values" && [...read.given].every((name) => isDeepStrictEqual(read.values[name], options[name]));
}
