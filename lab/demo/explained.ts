import type { Explanation } from "#src/view/explain.ts";
import { askHawser } from "./ask-hawser.ts";
import type { Stage } from "./stage.ts";

/** One address, step by step, as a person on call asks about it. */
export async function explained({ world, teller }: Stage, ip: string): Promise<void> {
  teller.chapter(`hawser explain ${ip}: what is well, what is not, and what to do next`);
  const [text, json] = await Promise.all([
    askHawser(world, ["explain", ip], [0, 1]),
    askHawser(world, ["explain", ip, "-o", "json"], [0, 1]),
  ]);
  teller.show(text);
  const { steps, next } = JSON.parse(json) as Explanation;
  const counts = Map.groupBy(steps, ({ verdict }) => verdict);
  const [ok, bad] = [counts.get("ok")?.length ?? 0, counts.get("bad")?.length ?? 0];
  teller.found(`${ok} of ${steps.length} steps are well, ${bad} are not`, {
    event: "explained",
    subject: ip,
    ok,
    bad,
    next,
  });
}
