import type { KubeObject } from "#src/model/object.ts";
import { type Fields, recordOf, recordsOf, textOf } from "#src/model/record.ts";

/** A pod of the speaker's DaemonSet, as far as it tells whether the speaker runs. */
export interface SpeakerPod {
  readonly name: string;
  /** Empty while it is not scheduled. */
  readonly node: string;
  /** Its container runs. */
  readonly isRunning: boolean;
  /** Condition Ready. */
  readonly isReady: boolean;
  /** Why it does not run, in the words of Kubernetes: `CrashLoopBackOff`, `ImagePullBackOff`, `Pending`; empty if it runs. */
  readonly waitsFor: string;
  /** Since when its container runs, in milliseconds since 1970; undefined where it does not. */
  readonly runsSinceMs: number | undefined;
}

/** Reads a pod of the DaemonSet. */
export function readSpeakerPod({ metadata, spec, status: value }: KubeObject): SpeakerPod {
  const status = recordOf(value);
  const [container = {}] = recordsOf(status["containerStatuses"]);
  const state = recordOf(container["state"]);
  const startedMs = Date.parse(textOf(recordOf(state["running"])["startedAt"]));
  const isRunning = state["running"] !== undefined;
  const ready = recordsOf(status["conditions"]).find(({ type }) => type === "Ready");
  return {
    name: metadata.name,
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
