import { describe, expect, it } from "vitest";
import { WorkerSilence } from "#ingress/workers/worker-silence.ts";

const looks = (silence: WorkerSilence, count: number) => Array.from({ length: count }, () => silence.look());
const never = (count: number) => Array.from({ length: count }, () => false);

describe("WorkerSilence", () => {
  it("says once that a worker hangs that was asked twelve times and said nothing", () => {
    const silence = new WorkerSilence();
    silence.heard();
    expect(looks(silence, 20)).toEqual([...never(12), true, ...never(7)]);
  });

  it("begins again with each answer", () => {
    const silence = new WorkerSilence();
    silence.heard();
    expect(looks(silence, 12)).toEqual(never(12));
    silence.heard();
    expect(looks(silence, 13)).toEqual([...never(12), true]);
  });

  it("waits as long as it takes for one that starts, also in the place of another", () => {
    const silence = new WorkerSilence();
    expect(looks(silence, 100)).toEqual(never(100));
    silence.heard();
    silence.ended();
    expect(looks(silence, 100)).toEqual(never(100));
  });
});
