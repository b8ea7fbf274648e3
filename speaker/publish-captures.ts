import { type CaptureReport, captureReportName, printCaptureReport } from "#src/model/capture-report.ts";
import type { Source } from "#src/source/source.ts";
import { createPublisher, type PublisherOptions } from "./publisher.ts";

/** Who asked for it reads it at once, and takes the request back; if not, what was seen is taken away after this time. */
const KEPT_MS = 60_000;
const NOT_ANNOUNCED = "no Service has this address, or it may not be announced";

export interface PublishCapturesOptions extends Pick<PublisherOptions, "log" | "delay" | "onProblems"> {
  readonly source: Pick<Source, "report">;
  readonly node: string;
}

/** Publishes what a person asked to see, until it was read. */
export interface CapturePublisher {
  /** The frames that were asked for. */
  take(report: CaptureReport): void;
  /** Says that frames of this address are not shown. */
  refuse(asked: string): void;
  /** Takes back what was published. */
  clear(): void;
  close(): Promise<void>;
}

/** Begins with nothing published. */
export function publishCaptures({ source, node, ...rest }: PublishCapturesOptions): CapturePublisher {
  const none: CaptureReport = { node, asked: "", why: "", interfaces: [], frames: [], isCut: false };
  /** Undefined where that is not known: a write that failed may have been done. */
  let written: CaptureReport | undefined = none;
  let current = none;
  let forgetting: NodeJS.Timeout | undefined;
  const publisher = createPublisher({
    ...rest,
    what: "a capture",
    async publish() {
      const report = current;
      if (report === written) return;
      const goesWith = { kind: "Node", namespace: "", name: node } as const;
      written = undefined;
      await source.report(captureReportName(node), printCaptureReport(report), { topic: "capture", goesWith });
      written = report;
    },
  });
  function put(report: CaptureReport): void {
    clearTimeout(forgetting);
    if (report !== none) forgetting = setTimeout(() => put(none), KEPT_MS).unref();
    current = report;
    publisher.mark();
  }
  return {
    take: put,
    refuse: (asked) => put({ ...none, asked, why: NOT_ANNOUNCED }),
    clear: () => put(none),
    async close() {
      clearTimeout(forgetting);
      await publisher.close();
    },
  };
}
