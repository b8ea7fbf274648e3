import { counted } from "#src/model/counted.ts";
import type { Problem } from "#src/model/problem.ts";
import { printObjectName, printPlace } from "#src/model/problem-place.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, okStep, sentence, unknownStep } from "./explain-step.ts";
import { findMissing } from "./find-missing.ts";
import { CONTROLLER_ELECTION, viewLeaders } from "./view-leaders.ts";

/** Whether a controller leads, without which nothing new is assigned; nothing in a folder, where none is elected. */
export function explainController({ input }: ExplainContext): readonly ExplainStep[] {
  const { leases, nowMs } = input;
  if (leases === "none") return [];
  if (leases === undefined)
    return [unknownStep("controller", { text: "Whether a controller leads cannot be known: Leases may not be read." })];
  const leader = viewLeaders(leases, nowMs).find(({ election }) => election === CONTROLLER_ELECTION);
  if (leader?.leads === true) return [okStep("controller", { text: `The controller ${leader.holder} leads.` })];
  const last =
    leader === undefined || leader.holder === ""
      ? ""
      : `; ${leader.holder} last renewed the Lease at ${leader.renewedAt}`;
  return [
    badStep("controller", {
      text: `No controller leads, so no address is assigned or released${last}.`,
      fix: `Find out why the pods of the Deployment ${CONTROLLER_ELECTION} do not run, or cannot reach the API server.`,
    }),
  ];
}

/** Whether the configuration with the pools can be used. */
export function explainConfig({ input, hasConfig, pools, configProblems }: ExplainContext): ExplainStep {
  const name = `ConfigMap "${input.configMap}"`;
  if (input.configMaps === undefined)
    return unknownStep("config", { text: `The pools cannot be known: ${name} may not be read.` });
  const [unread] = [...findMissing(input), ...configProblems].filter(({ code }) => UNREAD.includes(code));
  const other = unread?.at.kind === "object" ? ` ${printObjectName(unread.at.object)} is not read.` : "";
  if (input.configMaps.length === 0 && !hasConfig) {
    return badStep("config", {
      reason: "NoPoolConfigured",
      text: `There is no ${name}.${other} A controller that runs keeps the last good configuration.`,
      fix: sentence(
        unread?.fix ??
          "Create the ConfigMap with the pools, name another one with --namespace and --config-map, or create IPAddressPools.",
      ),
    });
  }
  if (hasConfig) {
    const count = counted(pools.length, "pool");
    return okStep("config", {
      reason: "ConfigLoaded",
      text: `${placesOf(input, name)} ${count} and can be used.${other}${unusedText(configProblems)}`,
    });
  }
  const [first] = configProblems.filter(({ severity }) => severity === "error");
  return badStep("config", {
    reason: "ConfigInvalid",
    text:
      sentence(`${first && printPlace(first.at)}: ${first?.what}: ${first?.why}`) +
      " A controller that runs keeps the last good configuration.",
    fix: first === undefined ? "See hawser check." : sentence(`In ${printPlace(first.at)}: ${first.fix}`),
  });
}

/** Says the first thing in a configuration that is not used; nothing where all of it is. */
function unusedText(configProblems: readonly Problem[]): string {
  const [fault] = configProblems.filter(({ code, severity }) => severity === "error" && !UNREAD.includes(code));
  return fault === undefined ? "" : ` Not all of it is used: ${sentence(`${printPlace(fault.at)}: ${fault.what}`)}`;
}

/** Codes of objects that are not read and that users expect to be. */
const UNREAD: readonly string[] = ["CONFIG_MAP_NOT_READ", "RESOURCE_NOT_READ", "RESOURCE_KIND_REPLACED"];

/** Where the configuration is, with the verb: `ConfigMap "a/b" has`. */
function placesOf({ configMaps = [], resources = [] }: ExplainContext["input"], name: string): string {
  if (resources.length === 0) return `${name} has`;
  return configMaps.length === 0 ? "MetalLB's objects have" : `${name} and MetalLB's objects together have`;
}
