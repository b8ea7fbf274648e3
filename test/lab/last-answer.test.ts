import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import type { Fields } from "#src/model/record.ts";
import { lastAnswerFor, readAnswers, type ReportedAnswers } from "#src/model/reported-answers.ts";
import type { Explanation } from "#src/view/explain.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("the last answer for an address", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack) });
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  /** The step `wire` of `hawser explain ADDRESS`. */
  async function wireOf(ip: string): Promise<Explanation["steps"][number] | undefined> {
    const command = [process.execPath, CLI, "explain", ip, "--manifests", installation.directory, "-o", "json"];
    const { stdout, stderr } = await rack.client.run(command);
    if (stdout === "") expect.fail(stderr);
    return (JSON.parse(stdout) as Explanation).steps.find(({ step }) => step === "wire");
  }

  function answersOf(node: string): ReportedAnswers | undefined {
    const report = installation.reports().get(node) as unknown as Fields | undefined;
    return readAnswers(report?.["answers"]);
  }

  it("F hawser explain says when a real host got an answer last, and that no host has asked before", async () => {
    const announced = () => installation.announcers(echo.ipv6).length === 1;
    await until("one node announces the IPv6 address", announced, { lastSeen: () => [...installation.reports()] });
    expect(await wireOf(echo.ipv6)).toMatchObject({
      verdict: "unknown",
      text: expect.stringContaining("no host has asked node"),
    });
    const startedMs = Date.now();
    const owner = await installation.untilOwned(echo.ipv4);
    const owner6 = await installation.untilOwned(echo.ipv6);
    // Once a minute the answers are reported by themselves; with what else is new of a speaker they are reported at once.
    await installation.speaker("n3").stop();
    for (const [ip, node] of [[echo.ipv4, owner] as const, [echo.ipv6, owner6] as const]) {
      const isReported = () => lastAnswerFor(answersOf(node), ip) !== "none";
      await until(`${node} reports who asked for ${ip}`, isReported, { lastSeen: () => answersOf(node) });
      const { verdict, text, lastAnswer } = (await wireOf(ip)) ?? expect.fail();
      expect(verdict).toBe("ok");
      expect(lastAnswer?.node).toBe(node);
      expect(Date.parse(lastAnswer?.at ?? "")).toBeGreaterThanOrEqual(startedMs - 1_000);
      expect(text).toContain(`node ${node} answered for it`);
      expect(text).toContain(rack.host(node).mac);
    }
    expect((await wireOf(echo.ipv4))?.lastAnswer?.asker).toBe(rack.client.ipv4);
    expect((await wireOf(echo.ipv6))?.lastAnswer?.asker).toMatch(/^(?:fe80|2001:db8)/);
  });
});
