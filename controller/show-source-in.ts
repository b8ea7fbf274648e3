import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Health } from "#src/process/health.ts";

/**
 * Shows in `/readyz`, and so in `kubectl get pods`, an API server that lost its memory and went back in time: a person
 * has to decide what is right. Each place reports what is wrong with it now, and hides nothing of another.
 */
export function showSourceIn(health: Pick<Health, "set">): (where: string, problems: readonly Problem[]) => void {
  const wentBack = new Map<string, Problem>();
  return (where, problems) => {
    const problem = problems.find(({ code }) => code === "API_SERVER_WENT_BACK");
    if (problem === undefined) wentBack.delete(where);
    else wentBack.set(where, problem);
    const [first] = wentBack.values();
    health.set("source", first === undefined, first && printProblem(first));
  };
}
