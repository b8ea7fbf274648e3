import type { InputOptions } from "rolldown";

/** What rolldown warns of ends the bundling of an entry; how long plug-ins take is a matter of the machine, and no fault of the sources. */
export function strictBundling(entry: string): Pick<InputOptions, "checks" | "onLog"> {
  return {
    checks: { bundlerTimings: false },
    onLog(level, { message }) {
      if (level === "warn") throw new Error(`bundling ${entry}: ${message}`);
    },
  };
}
