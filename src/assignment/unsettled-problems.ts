import { counted } from "#src/model/counted.ts";
import type { Problem } from "#src/model/problem.ts";
import type { SettledPlan } from "./settled-plan.ts";

/** The Problem of a plan that could not be made to its end; none where it was. */
export function unsettledProblems({ assignments, isSettled }: SettledPlan): readonly Problem[] {
  if (isSettled) return [];
  const waiting = [...assignments.values()].filter(({ reason }) => reason === "RequestedAddressInUse").length;
  return [
    {
      code: "PLAN_UNFINISHED",
      at: { kind: "part", name: "the plan" },
      what: "Foretold only a part of what the controller will do",
      why: `Services wait for the addresses of each other in a long chain, and ${counted(waiting, "Service waits", "Services wait")} where the plan ends`,
      fix: "Let the requests of these Services name addresses that are free, or apply the change in parts",
      severity: "warning",
    },
  ];
}
