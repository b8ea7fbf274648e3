import { describe, expect, it } from "vitest";
import { answerCaptures } from "#speaker/answer-captures.ts";
import type { CaptureReport } from "#src/model/capture-report.ts";

const ask = (asked: string) => ({ kind: "capture", asked, address: "192.0.2.1", forMs: 10_000 }) as const;
const seen = (asked: string): CaptureReport => ({
  node: "n1",
  asked,
  why: "",
  interfaces: [],
  frames: [],
  isCut: false,
});

/** What the worker is told, and what is published, in order. */
function world() {
  const done: string[] = [];
  const answers = answerCaptures({
    captures: {
      take: ({ asked }) => void done.push(`published ${asked}`),
      refuse: (asked) => void done.push(`refused ${asked}`),
      clear: () => void done.push("cleared"),
    },
    log: { info: () => undefined },
    tell: (message) => void done.push(message.kind === "capture" ? `listen ${message.asked}` : "stop"),
  });
  return { answers, done: () => done.splice(0) };
}

describe("answerCaptures()", () => {
  it("J publishes what the worker saw, and ends when nothing is asked for any longer", () => {
    const { answers, done } = world();
    answers.ask(ask("first"));
    answers.take(seen("first"));
    expect(done()).toEqual(["cleared", "listen first", "published first"]);
    answers.ask({ kind: "captureEnd" });
    answers.take(seen("first"));
    expect(done()).toEqual(["cleared", "stop"]);
  });

  it("J ends the capture that runs when the next request is refused, and publishes nothing of it", () => {
    const { answers, done } = world();
    answers.ask(ask("first"));
    done();
    answers.ask({ kind: "captureRefused", asked: "second" });
    answers.take(seen("first"));
    expect(done()).toEqual(["refused second", "stop"]);
  });

  it("J takes a refusal back when the request is granted after all", () => {
    const { answers, done } = world();
    answers.ask({ kind: "captureRefused", asked: "first" });
    done();
    answers.ask(ask("first"));
    answers.take(seen("first"));
    expect(done()).toEqual(["cleared", "listen first", "published first"]);
  });
});
