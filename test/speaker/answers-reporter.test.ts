import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { AnswersReporter } from "#speaker/answers-reporter.ts";
import { type AnswerColumns, answersIn, LastAnswers } from "#speaker/last-answers.ts";
import type { FromWorker } from "#speaker/messages.ts";
import { type LastAnswer, printAnswers } from "#src/model/reported-answers.ts";
import * as fc from "fast-check";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const [VIP, OTHER, ROUTER] = ["192.0.2.200", "192.0.2.201", "192.0.2.1"].map(ipOf) as [Ip, Ip, Ip];
const TICK_MS = 10;

/** As the main thread prints it. */
const printed = (columns: AnswerColumns | undefined) => columns && printAnswers(answersIn(structuredClone(columns)));
const printedOf = (message: FromWorker) => (message.kind === "answers" ? printed(message.answers) : undefined);

/** A reporter that was told of so many live speakers at its start, and how it reports while requests come in. */
function reporterOf(members: number) {
  const posted: FromWorker[] = [];
  const answers = new LastAnswers();
  const reporter = new AnswersReporter({ answers, post: (message) => void posted.push(message) });
  let nowMs = 0;
  reporter.goWithState(members, nowMs);
  const run = (forMs: number, { asks }: { readonly asks: boolean }): number => {
    const before = posted.length;
    for (const end = nowMs + forMs; nowMs < end; nowMs += TICK_MS) {
      if (asks) answers.note(VIP, ROUTER, nowMs);
      reporter.tick(nowMs);
    }
    return posted.length - before;
  };
  return { posted, answers, reporter, run, now: () => nowMs };
}

describe("AnswersReporter", () => {
  it.each([
    { members: 1, forMs: 600_000, reports: 9 },
    { members: 100, forMs: 600_000, reports: 9 },
    { members: 1_000, forMs: 3_000_000, reports: 5 },
  ])("F reports $reports times in $forMs ms of requests to one of $members speakers", ({ members, forMs, reports }) => {
    const { run } = reporterOf(members);
    expect(run(forMs, { asks: true })).toBe(reports);
  });

  it("F reports nothing while no host asks", () => {
    const { run } = reporterOf(1);
    expect(run(600_000, { asks: false })).toBe(0);
  });

  it("F says with the first state that no host asked, and with each later one what was answered since", () => {
    const { posted, answers, reporter, now } = reporterOf(2);
    expect(posted.map(printedOf)).toEqual([{ answered: [], unnamed: 0 }]);
    answers.note(VIP, ROUTER, 5_000);
    reporter.goWithState(2, now());
    reporter.goWithState(2, now());
    const addresses = ["192.0.2.200"];
    expect(posted.slice(1).map(printedOf)).toEqual([
      { answered: [{ at: "1970-01-01T00:00:05.000Z", asker: "192.0.2.1", addresses }], unnamed: 0 },
    ]);
  });
});

describe("LastAnswers", () => {
  it("F keeps one answer for each address, the last, and none of an address that was withdrawn", () => {
    const answers = new LastAnswers();
    for (let second = 0; second < 1_000; second++) answers.note(VIP, ipOf(`192.0.2.${second % 100}`), second * 1_000);
    answers.note(OTHER, ROUTER, 0);
    answers.forget(OTHER);
    const addresses = ["192.0.2.200"];
    expect(printed(answers.take())).toEqual({
      answered: [{ at: "1970-01-01T00:16:39.000Z", asker: "192.0.2.99", addresses }],
      unnamed: 0,
    });
    expect(answers.take()).toBeUndefined();
    answers.forget(VIP);
    expect(printed(answers.take())).toEqual({ answered: [], unnamed: 0 });
    answers.forget(VIP);
    expect(answers.take()).toBeUndefined();
  });

  it("F has for each address of both families what was noted last, also where others were withdrawn meanwhile", () => {
    const ip = fc.record({
      family: fc.constantFrom("ipv4", "ipv6"),
      value: fc.constantFrom(0n, 1n, 2n, 2n ** 32n - 1n),
    });
    const wide = ip.map(
      (one): Ip => (one.family === "ipv4" ? one : { ...one, value: one.value * (2n ** 96n + 1n) }) as Ip,
    );
    const step = fc.record({ ip: wide, asker: fc.nat(9), atMs: fc.nat(9), isGone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const answers = new LastAnswers();
        const known = new Map<string, LastAnswer>();
        for (const { ip: one, asker, atMs, isGone } of steps) {
          const key = printIp(one);
          if (isGone) {
            answers.forget(one);
            known.delete(key);
            continue;
          }
          const by: Ip = { family: one.family, value: BigInt(asker) << (one.family === "ipv6" ? 90n : 1n) };
          answers.note(one, by, atMs);
          known.set(key, { ip: one, asker: by, atMs });
        }
        const found = answersIn(structuredClone(answers.take()) as AnswerColumns);
        expect(new Map(found.map((one) => [printIp(one.ip), one]))).toEqual(known);
        expect(found.length).toBe(known.size);
      }),
    );
  });

  it("F has room for as many addresses as there are", () => {
    const answers = new LastAnswers();
    for (let at = 0; at < 1_000; at++) answers.note({ family: "ipv4", value: BigInt(at) }, ROUTER, at);
    expect(answersIn(answers.take() as AnswerColumns).map(({ atMs }) => atMs)).toEqual([...Array(1_000).keys()]);
  });
});
