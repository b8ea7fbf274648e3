import { listed } from "#src/model/listed.ts";
import { printAge } from "./print-age.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Reason } from "#src/model/reason.ts";
import type { RequestReason } from "./request-reason.ts";
import type { IneligibleReason } from "#src/election/member.ts";

/** What a step is about, in order: from the object to the clients. */
export type StepName =
  | "object"
  | "controller"
  | "config"
  | "pool"
  | "request"
  | "address"
  | "status"
  | "sharing"
  | "owner"
  | "candidate"
  | "speaker"
  | "wire"
  | "endpoints"
  | "kube-proxy"
  | "ingress"
  | UrlStepName;

/** What a step about a request is about, in order: from the client to the endpoint. */
type UrlStepName = "listener" | "host" | "rule" | "filter" | "access" | "balancing" | "canary" | "certificate";

/** `unknown`: it may not be read, or cannot be seen from here. */
type Verdict = "ok" | "bad" | "unknown";

/** One step of an explanation. */
export interface ExplainStep {
  readonly step: StepName;
  readonly verdict: Verdict;
  /** Of the closed sets of docs/errors.md and docs/architecture.md; empty where none of them says it. */
  readonly reason: Reason | IneligibleReason | RequestReason | ProblemCode | "DefaultCertificate" | "";
  /** Whole sentences. */
  readonly text: string;
  /** What a person can do about it, as a whole sentence; empty where there is nothing to do. */
  readonly fix: string;
  /** Of the step wire: the last answer to a request for the address, where a report has it. */
  readonly lastAnswer?: { readonly node: string; /** ISO 8601. */ readonly at: string; readonly asker: string };
}

/** What a step says besides its name and verdict. */
type Said = Pick<ExplainStep, "text"> & Partial<Pick<ExplainStep, "reason" | "fix" | "lastAnswer">>;

/** A step that is as it should be. */
export function okStep(step: StepName, { text, reason = "", fix = "", ...rest }: Said): ExplainStep {
  return { step, verdict: "ok", reason, text, fix, ...rest };
}

/** A step that keeps clients from the Service. */
export function badStep(step: StepName, { text, reason = "", fix = "" }: Said): ExplainStep {
  return { step, verdict: "bad", reason, text, fix };
}

/** A step that cannot be judged from here. */
export function unknownStep(step: StepName, { text, reason = "", fix = "" }: Said): ExplainStep {
  return { step, verdict: "unknown", reason, text, fix };
}

/** A text as a sentence: with a capital letter, unless it begins with an address or a name in quotes, and a full stop. */
export function sentence(text: string): string {
  const isWord = /^[a-z]+[ ,]/.test(text);
  const begun = isWord ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text;
  return /[.?!]$/.test(begun) ? begun : `${begun}.`;
}

/** Names in one step: enough to see the picture. */
const NAMES_SHOWN = 6;

/** `n1, n2 and n3`; of many the first, and how many more. */
export function listNames(names: readonly string[]): string {
  return listed(names, NAMES_SHOWN, " and ");
}

/** `2026-11-28T11:50:00Z (10m ago)`; empty where the time is not known. */
export function timeText(time: string, nowMs: number): string {
  const atMs = Date.parse(time);
  if (Number.isNaN(atMs)) return "";
  return `${new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z")} (${printAge(nowMs - atMs)} ago)`;
}
