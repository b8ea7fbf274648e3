import { printPlace } from "#src/model/problem-place.ts";
import { type ExplainStep, sentence } from "./explain-step.ts";
import type { StatusInput } from "./status-input.ts";

/** Codes of Problems that keep a person from seeing a part. */
const BLIND: readonly string[] = ["API_ACCESS_REFUSED", "API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

/**
 * The one thing to do next: what fixes the first step that is bad; otherwise what lets the person see more; otherwise what
 * the first step has to say; otherwise where to look on.
 */
export function nextStep(
  { input }: { readonly input: Pick<StatusInput, "problems"> },
  steps: readonly ExplainStep[],
): string {
  const bad = steps.find(({ verdict, fix }) => verdict === "bad" && fix !== "");
  if (bad !== undefined) return bad.fix;
  const blind = input.problems.find(({ code }) => BLIND.includes(code));
  if (blind !== undefined && steps.some(({ verdict }) => verdict === "unknown"))
    return sentence(`${printPlace(blind.at)}: ${blind.why}. ${blind.fix}`);
  const advice = steps.find(({ fix }) => fix !== "");
  if (advice !== undefined) return advice.fix;
  if (steps.some(({ step }) => step === "wire"))
    return "Nothing is wrong that can be seen from here. Where a client does not reach it, look at the MAC that this client has, as the step wire says.";
  return "Nothing to do.";
}
