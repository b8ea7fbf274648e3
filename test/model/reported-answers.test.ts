import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type LastAnswer, lastAnswerFor, printAnswers, readAnswers } from "#src/model/reported-answers.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);
const AT = Date.parse("2026-11-28T12:00:00.750Z");

function answerFor(ip: string, asker: string, agoMs = 0): LastAnswer {
  return { ip: ipOf(ip), asker: ipOf(asker), atMs: AT - agoMs };
}

/** As a reader of the report has it. */
function reported(answers: readonly LastAnswer[]) {
  return readAnswers(JSON.parse(JSON.stringify(printAnswers(answers))));
}

const many = (count: number, ask: (at: number) => Partial<LastAnswer>): readonly LastAnswer[] =>
  Array.from({ length: count }, (_, at) => ({
    ip: { family: "ipv4", value: 0x0a_00_00_00n + BigInt(at) },
    asker: ipOf("192.0.2.1"),
    atMs: AT,
    ...ask(at),
  }));

describe("printAnswers()", () => {
  it("F puts together what one host asked for in one second, the newest first", () => {
    const answers = [
      answerFor("192.0.2.201", "192.0.2.1"),
      answerFor("192.0.2.200", "192.0.2.1", 300),
      answerFor("192.0.2.202", "192.0.2.1", 12_000),
      answerFor("2001:db8::1", "fe80::1", 5_000),
    ];
    expect(printAnswers(answers)).toEqual({
      answered: [
        { at: "2026-11-28T12:00:00.000Z", asker: "192.0.2.1", addresses: ["192.0.2.200-201"] },
        { at: "2026-11-28T11:59:55.000Z", asker: "fe80::1", addresses: ["2001:db8::1"] },
        { at: "2026-11-28T11:59:48.000Z", asker: "192.0.2.1", addresses: ["192.0.2.202"] },
      ],
      unnamed: 0,
    });
  });

  it.each([
    {
      name: "2,000 addresses that a router asks for again every half minute",
      answers: many(2_000, (at) => ({ atMs: AT - (at % 30) * 1_000 })),
      most: { groups: 2, length: 50_000, unnamed: 0 },
    },
    {
      name: "2,000 addresses, each asked for by another host",
      answers: many(2_000, (at) => ({ asker: { family: "ipv4", value: BigInt(at + 1) } })),
      most: { groups: 64, length: 20_000, unnamed: 2_000 - 64 },
    },
    {
      name: "5,000 addresses far apart",
      answers: many(5_000, (at) => ({ ip: { family: "ipv6", value: BigInt(at + 1) << 64n } })),
      most: { groups: 0, length: 100, unnamed: 5_000 },
    },
  ])("F is bounded: $name", ({ answers, most }) => {
    const printed = printAnswers(answers);
    expect(printed.answered.length).toBeLessThanOrEqual(most.groups);
    expect(JSON.stringify(printed).length).toBeLessThan(most.length);
    expect(printed.unnamed).toBe(most.unnamed);
  });
});

describe("lastAnswerFor()", () => {
  const answers = reported([answerFor("192.0.2.200", "192.0.2.1", 12_000)]);

  it.each([
    { name: "of an address that a host asked for", answers, ip: "192.0.2.200", said: "2026-11-28T11:59:48.000Z" },
    { name: "of an announced address that no host asked for", answers, ip: "192.0.2.201", said: "none" },
    { name: "of a speaker of an older version", answers: readAnswers(undefined), ip: "192.0.2.200", said: "unknown" },
    { name: "of a report that is something else", answers: readAnswers("x"), ip: "192.0.2.200", said: "unknown" },
    {
      name: "of an address that there was no room for",
      answers: readAnswers({ ...answers, unnamed: 3 }),
      ip: "192.0.2.201",
      said: "unknown",
    },
    {
      name: "of a time that cannot be read",
      answers: readAnswers({ answered: [{ at: "soon", asker: "192.0.2.1", addresses: ["192.0.2.200"] }], unnamed: 0 }),
      ip: "192.0.2.200",
      said: "unknown",
    },
  ])("F says what is known $name", ({ answers: read, ip, said }) => {
    const last = lastAnswerFor(read, ip);
    expect(typeof last === "string" ? last : new Date(last.atMs).toISOString()).toBe(said);
  });

  it("F finds the host that asked, to the second or to the minute, or says that it does not know", () => {
    const one = fc.record({
      value: fc.integer({ min: 1, max: 400 }).map((last) => 0xc0_00_02_00n + BigInt(last)),
      asker: fc.integer({ min: 1, max: 40 }).map((last): Ip => ({ family: "ipv4", value: BigInt(last) })),
      agoMs: fc.integer({ min: 0, max: 3_600_000 }),
    });
    const unique = fc.uniqueArray(one, { maxLength: 300, selector: ({ value }) => value });
    fc.assert(
      fc.property(unique, (rows) => {
        const given = rows.map(({ value, asker, agoMs }): LastAnswer => {
          return { ip: { family: "ipv4", value }, asker, atMs: AT - agoMs };
        });
        const read = reported(given);
        let unknown = 0;
        for (const { ip, asker, atMs } of given) {
          const last = lastAnswerFor(read, printIp(ip));
          if (typeof last === "string") {
            expect(last).toBe("unknown");
            unknown += 1;
            continue;
          }
          expect(last.asker).toEqual(asker);
          expect(atMs - last.atMs).toBeGreaterThanOrEqual(0);
          expect(atMs - last.atMs).toBeLessThan(given.length > 64 ? 60_000 : 1_000);
        }
        expect(unknown).toBe(read?.unnamed);
      }),
      { numRuns: 200 },
    );
  });
});
