import type { KubeObject } from "#src/model/object.ts";
import { type Fields, recordOf, recordsOf, textOf } from "#src/model/record.ts";

/** What is seen of the process of a speaker, by other means than its own report. */
export interface SpeakerProcess {
  /** Empty while it is not scheduled. */
  readonly node: string;
  readonly isRunning: boolean;
  /** Its pod is Ready; true where it is not run in a pod. */
  readonly isReady: boolean;
  /** Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`, `Pending`, `no sign of life`; empty if it runs. */
  readonly waitsFor: string;
  /** Since when its container runs, in milliseconds since 1970; undefined where that is not known. */
  readonly runsSinceMs: number | undefined;
}

/** Reads a pod of the DaemonSet. */
export function readSpeakerPod({ spec, status: value }: KubeObject): SpeakerProcess {
  const status = recordOf(value);
  const [container = {}] = recordsOf(status["containerStatuses"]);
  const state = recordOf(container["state"]);
  const startedMs = Date.parse(textOf(recordOf(state["running"])["startedAt"]));
  const isRunning = state["running"] !== undefined;
  const ready = recordsOf(status["conditions"]).find(({ type }) => type === "Ready");
  return {
    node: textOf(recordOf(spec)["nodeName"]),
    isRunning,
    isReady: isRunning && ready?.["status"] === "True",
    waitsFor: isRunning ? "" : whyNotRunning(status, state),
    runsSinceMs: Number.isNaN(startedMs) ? undefined : startedMs,
  };
}

function whyNotRunning(status: Fields, state: Fields): string {
  const reason = textOf(recordOf(state["waiting"])["reason"]) || textOf(recordOf(state["terminated"])["reason"]);
  return reason || textOf(status["reason"]) || textOf(status["phase"]) || "Unknown";
}
