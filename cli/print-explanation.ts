import { oneLine } from "#src/model/one-line.ts";
import type { Explanation } from "#src/view/explain.ts";

const MARKS = { ok: "ok", bad: "bad", unknown: "?" } as const;

/** An explanation for a terminal: the subject, one line for each step, and what to do next. */
export function printExplanation({ subject, steps, next }: Explanation): string {
  const width = Math.max(0, ...steps.map(({ step }) => step.length));
  const lines = steps.map(({ step, verdict, reason, text }) => {
    const said = reason === "" ? text : `${text} (${reason})`;
    return `${MARKS[verdict].padEnd(3)}  ${step.padEnd(width)}  ${said}`;
  });
  return `${[printSubject(subject), ...lines, `Next: ${next}`].map(oneLine).join("\n")}\n`;
}

function printSubject({ kind, namespace, name, addresses, address, services }: Explanation["subject"]): string {
  const [what, has] =
    kind === "Service" ? [`Service ${namespace}/${name}`, addresses] : [`Address ${address}`, services];
  const none = kind === "Service" ? "has no address" : "no Service has it";
  return has === undefined || has.length === 0 ? `${what}: ${none}` : `${what}: ${has.join(", ")}`;
}
