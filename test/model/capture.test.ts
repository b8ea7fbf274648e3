import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import {
  type CaptureReport,
  captureReportName,
  MAX_CAPTURED_FRAMES,
  MAX_CAPTURED_LINKS,
  printCaptureReport,
  readCaptureReport,
} from "#src/model/capture-report.ts";
import {
  isFreshCapture,
  LONGEST_CAPTURE_MS,
  mayCaptureRun,
  parseCaptureRequest,
  printCaptureRequest,
} from "#src/model/capture-request.ts";
import type { Fields } from "#src/model/record.ts";

const ASKED = Date.parse("2026-11-30T14:00:00.250Z");
const TEXT = "192.0.2.1 10000 2026-11-30T14:00:00.250Z";

describe("parseCaptureRequest()", () => {
  it.each(["192.0.2.1", "2001:db8::1"])("J reads what was printed of %s", (ip) => {
    const request = { address: parseIp(ip) ?? expect.fail(), forMs: LONGEST_CAPTURE_MS, askedMs: ASKED };
    const text = printCaptureRequest(request);
    expect(parseCaptureRequest(text)).toEqual({ text, ...request });
  });

  it.each([
    "",
    "192.0.2.1",
    "192.0.2.1 0 2026-11-30T14:00:00.250Z",
    `192.0.2.1 ${LONGEST_CAPTURE_MS + 1} 2026-11-30T14:00:00.250Z`,
    "192.0.2.1 -1 2026-11-30T14:00:00.250Z",
    "192.0.2.1 1e3 2026-11-30T14:00:00.250Z",
    "192.0.2.1 10000 yesterday-at-noon-o-clock",
    "192.0.2.0/24 10000 2026-11-30T14:00:00.250Z",
    `${TEXT} more`,
  ])('J reads nothing of "%s"', (text) => expect(parseCaptureRequest(text)).toBe(undefined));

  it.each([
    { name: "now", atMs: ASKED, fresh: true, runs: true },
    { name: "at its end", atMs: ASKED + 10_000, fresh: true, runs: true },
    { name: "after its end", atMs: ASKED + 10_001, fresh: true, runs: false },
    { name: "a minute later", atMs: ASKED + 60_001, fresh: false, runs: false },
    { name: "by a clock that is 30 s behind", atMs: ASKED - 30_000, fresh: true, runs: true },
    { name: "by a clock that is far behind", atMs: ASKED - 60_001, fresh: false, runs: false },
  ])("J knows of a request $name whether it counts, and whether it may run", ({ atMs, fresh, runs }) => {
    const request = parseCaptureRequest(TEXT) ?? expect.fail();
    expect([isFreshCapture(request, atMs), mayCaptureRun(request, atMs)]).toEqual([fresh, runs]);
  });
});

const interfaces = [{ name: "eth0", mac: "02:00:5e:10:00:01" }];
const empty: CaptureReport = { node: "n1", asked: TEXT, why: "", interfaces, frames: [], isCut: false };

function published(report: CaptureReport): Fields {
  return JSON.parse(JSON.stringify(printCaptureReport(report))) as Fields;
}

describe("readCaptureReport()", () => {
  it("J reads what was printed", () => {
    const anyFrame = fc.record({
      atNs: fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }),
      interfaceIndex: fc.constant(0),
      isSent: fc.boolean(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 90 }),
    });
    fc.assert(
      fc.property(fc.array(anyFrame), fc.boolean(), fc.string(), (frames, isCut, why) => {
        const report = { ...empty, frames, isCut, why };
        expect(readCaptureReport("capture-n1", published(report))).toEqual(report);
      }),
    );
  });

  it("J leaves out what it cannot read, and what is too much, whatever is published under the name", () => {
    const frame = "1764511200123456789 0 in ffff";
    const odd = ["", "x", 7, "1 16 in ff", "1 0 sideways ff", "1 0 in f", "1 0 in zz", `${"1".repeat(20)} 0 in ff`];
    const many = Array.from({ length: MAX_CAPTURED_FRAMES + 5 }, () => frame);
    const links = Array.from({ length: MAX_CAPTURED_LINKS + 5 }, () => interfaces[0]);
    const read = (value: object): CaptureReport | undefined =>
      readCaptureReport("capture-n1", { node: "n1", interfaces: links, frames: [], ...value });
    expect(read({ frames: [...odd, frame] })?.frames).toMatchObject([{ atNs: 1_764_511_200_123_456_789n }]);
    expect(read({ frames: many })?.frames).toHaveLength(MAX_CAPTURED_FRAMES);
    expect(read({})?.interfaces).toHaveLength(MAX_CAPTURED_LINKS);
    expect(read({ frames: "none", interfaces: 7, why: {} })).toMatchObject({ frames: [], interfaces: [], why: "" });
    expect(read({ shortened: true })?.isCut).toBe(true);
  });

  it("J counts a report for the node of its name alone", () => {
    expect(readCaptureReport(captureReportName("n2"), published(empty))).toBe(undefined);
    expect(readCaptureReport("capture-", { ...published(empty), node: "" })).toBe(undefined);
  });
});
