import { oneLine } from "#src/model/one-line.ts";
import type { Explanation } from "#src/view/explain.ts";
import type { UrlAnswer } from "#src/view/url-answer.ts";
import { printTable } from "./table.ts";

const MARKS = { ok: "ok", bad: "bad", unknown: "?" } as const;

/** An explanation for a terminal: the subject, one line for each step, and what to do next. Where `isWide` as a table with a column of reasons. */
export function printExplanation({ subject, steps, next }: Explanation, isWide = false): string {
  if (isWide) return `${oneLine(printSubject(subject))}\n${printWide(steps)}${oneLine(`Next: ${next}`)}\n`;
  const width = Math.max(0, ...steps.map(({ step }) => step.length));
  const lines = steps.map(({ step, verdict, reason, text }) => {
    const said = reason === "" ? text : `${text} (${reason})`;
    return `${MARKS[verdict].padEnd(3)}  ${step.padEnd(width)}  ${said}`;
  });
  return `${[printSubject(subject), ...lines, `Next: ${next}`].map(oneLine).join("\n")}\n`;
}

function printWide(steps: Explanation["steps"]): string {
  const rows = steps.map(({ step, verdict, reason, text }) => [MARKS[verdict], step, reason, text]);
  return printTable(["VERDICT", "STEP", "REASON", "TEXT"], rows);
}

function printSubject(subject: Explanation["subject"]): string {
  const { kind, namespace, name, addresses, address, services } = subject;
  if (kind === "URL") return `${subject.method} ${subject.url}: ${printAnswer(subject.answer)}`;
  const [what, has] =
    kind === "Service" ? [`Service ${namespace}/${name}`, addresses] : [`Address ${address}`, services];
  const none = kind === "Service" ? "has no address" : "no Service has it";
  return has === undefined || has.length === 0 ? `${what}: ${none}` : `${what}: ${has.join(", ")}`;
}

function printAnswer({ status, reason = "", location, service }: UrlAnswer = {}): string {
  if (service !== undefined) return `answered by ${service}`;
  if (status === undefined) return "what becomes of it is not known";
  return `answered ${status}${location === undefined ? "" : ` to ${location}`}${reason === "" ? "" : ` (${reason})`}`;
}
