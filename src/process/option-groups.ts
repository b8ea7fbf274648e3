import { logLevels } from "./log.ts";
import type { OptionSpecs } from "./option-spec.ts";

/** The options of a program that logs. */
export const logOptions = {
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Lowest level to log" },
} as const satisfies OptionSpecs;

/** The options of the admin port: where it listens, and for which paths. */
export function adminOptions<const P extends number>(port: P, paths: string) {
  return {
    adminAddress: { kind: "string", default: "0.0.0.0", help: `Address of ${paths}` },
    adminPort: { kind: "number", default: port, min: 0, max: 65_535, help: `Port of ${paths}` },
  } as const satisfies OptionSpecs;
}

/** The option that chooses Services by their class; `does` is what the program does with them. */
export function classOptions(does: string, other: string) {
  return {
    loadBalancerClass: {
      kind: "string",
      help: `${does} Services of exactly this class (default: those without a class). Must be the same on the ${other}`,
    },
    alsoClassless: {
      kind: "boolean",
      help: `With --load-balancer-class: ${does.toLowerCase()} Services without a class, too. Must be the same on the ${other}`,
    },
  } as const satisfies OptionSpecs;
}
