import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { printIp } from "#src/ip/address.ts";
import type { PrintedProblem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";
import { lastAnswerFor, readAnswers } from "#src/model/reported-answers.ts";

/** What the switch drops: the answers for the IPv4 address, from whichever port. */
const FILTER = [
  "add table bridge silence",
  "add chain bridge silence forward { type filter hook forward priority 0 ; }",
  `add rule bridge silence forward arp saddr ip ${echo.ipv4} drop`,
];

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("an owner that does not answer on the wire", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack), speakers: ["n1", "n2"] });
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  function reportOf(node: string): Fields {
    return (installation.reports().get(node) ?? {}) as unknown as Fields;
  }

  function silent(node: string): readonly PrintedProblem[] {
    const problems = (reportOf(node)["problems"] ?? []) as readonly PrintedProblem[];
    return problems.filter(({ code }) => code === "OWNER_DOES_NOT_ANSWER");
  }

  async function inSwitch(command: string): Promise<void> {
    const { code, stderr } = await rack.host("n1").run(["ip", "netns", "exec", "sw", "nft", ...command.split(" ")]);
    expect(`${command}: ${code} ${stderr}`).toBe(`${command}: 0 `);
  }

  it("H is reported by another member, with both nodes, and keeps the address, until it answers again", async () => {
    const [owner] = [await installation.untilOwned(echo.ipv4), await installation.untilOwned(echo.ipv6)];
    const other = owner === "n1" ? "n2" : "n1";
    for (const command of FILTER) await inSwitch(command);
    const lastSeen = () => reportOf(other);
    const [found] = await until("it is reported", () => (silent(other).length > 0 ? silent(other) : undefined), {
      lastSeen,
    });
    expect(found).toMatchObject({
      where: `speakers ${other} and ${owner}`,
      what: `${owner} announces ${echo.ipv4} and does not answer for them`,
    });
    expect(installation.announcers(echo.ipv4)).toEqual([owner]);
    await inSwitch("delete table bridge silence");
    await until("it is no longer reported", () => silent(other).length === 0, { lastSeen });
    // Questions of members are not what the owner says of its clients.
    await installation.speaker(other).stop();
    const members = () => installation.reports().get(owner)?.members.length;
    await until("the owner is alone", () => members() === 1, { lastSeen: members });
    for (const ip of [echo.ipv4, echo.ipv6]) {
      const answers = readAnswers(reportOf(owner)["answers"]);
      const last = answers && lastAnswerFor(answers, ip);
      const asker = typeof last === "object" ? printIp(last.asker) : "none";
      expect(asker).not.toMatch(/^(?:0\.0\.0\.0|::|fe80:.*)$/);
    }
  });
});
