import type { CaptureReport } from "#src/model/capture-report.ts";
import type { Logger } from "#src/process/log.ts";
import type { CaptureNews } from "./cluster-reader.ts";
import type { ToWorker } from "./messages.ts";
import type { CapturePublisher } from "./publish-captures.ts";

export interface AnswerCapturesOptions {
  readonly captures: Pick<CapturePublisher, "take" | "refuse" | "clear">;
  readonly log: Pick<Logger, "info">;
  /** To the worker, which listens. */
  tell(message: Extract<ToWorker, { kind: "capture" | "captureEnd" }>): void;
}

/** Brings requests for frames to the worker, and what it saw to who asked. */
export interface CaptureAnswers {
  /** What is asked for now, in place of what was asked for before. */
  ask(news: CaptureNews): void;
  /** What the worker saw; nothing is done with it where something else, or nothing, is asked for by now. */
  take(report: CaptureReport): void;
}

/** Begins with nothing asked for. */
export function answerCaptures({ captures, log, tell }: AnswerCapturesOptions): CaptureAnswers {
  let running: string | undefined;
  return {
    ask(news) {
      running = news.kind === "capture" ? news.asked : undefined;
      // What was said of another request, or of this one before its address was known, holds no longer.
      if (news.kind === "captureRefused") captures.refuse(news.asked);
      else captures.clear();
      if (news.kind !== "capture") return tell({ kind: "captureEnd" });
      const data = { ip: news.address, durationMs: news.forMs };
      log.info(data, "frames about an address are captured for hawser capture");
      return tell(news);
    },
    take(report) {
      if (report.asked === running) captures.take(report);
    },
  };
}
