import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";

const PORT = 7946;
const BOTH_ANSWER =
  /^MultipleOwners .*192\.0\.2\.211.* "n1" and "n2" all answer\. Heartbeats do not pass between "n1" and "n2"\./;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("a firewall that blocks the heartbeats", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    const options = { rack, directory: writeEchoManifests(rack), speakers: ["n1", "n2"] };
    installation = await RackInstallation.start(options);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });
  afterEach(async () => {
    await unblock();
    await installation.untilOwned(echo.ipv4);
    await until("the condition is True again", () => announced().startsWith("Announced "), { lastSeen: announced });
  });

  async function unblock(): Promise<void> {
    for (const node of ["n1", "n2"]) await rack.host(node).run(["nft", "delete", "table", "inet", "wall"]);
    await untilBothHear();
  }

  function untilBothHear(): Promise<unknown> {
    return until("both hear each other", () => ["n1", "n2"].every((node) => reportOf(node).unheard.length === 0));
  }

  /** Drops what arrives at the heartbeat port of a node, from another one or from all. */
  async function block(node: string, from?: string): Promise<void> {
    const source = from === undefined ? "" : `ip saddr ${rack.host(from).ipv4}`;
    const chain = `chain in { type filter hook input priority 0; ${source} udp dport ${PORT} counter drop; }`;
    const { code } = await rack.host(node).run(["nft", `table inet wall { ${chain}; }`]);
    expect(code).toBe(0);
  }

  function reportOf(node: string): { readonly unheard: readonly string[]; readonly problems: readonly Problem[] } {
    const report = installation.reports().get(node) as unknown as Fields | undefined;
    return { unheard: [], problems: [], ...report };
  }

  const announced = (): string => installation.announcedCondition(echo.key);

  async function metric(node: string): Promise<string | undefined> {
    const metrics = await readMetrics(rack.host(node));
    return /^hawser_speaker_unheard_members (\d+)$/m.exec(metrics)?.[1];
  }

  async function untilSaid(node: string, other: string, what: string): Promise<void> {
    const ofOther = () => reportOf(node).problems.filter(({ code }) => code === "HEARTBEATS_NOT_HEARD");
    await until(`${node} reports ${what}`, () => ofOther().some((problem) => problem.what === what), {
      lastSeen: () => reportOf(node),
    });
    expect(reportOf(node).unheard).toEqual([other]);
    expect(ofOther()).toMatchObject([
      { where: `speakers ${node} and ${other}`, why: expect.stringContaining(`${PORT}`) },
    ]);
    await until(`${node} counts it`, async () => (await metric(node)) === "1");
    await installation.speaker(node).waitForLine(new RegExp(`"code":"HEARTBEATS_NOT_HEARD".*${what}`));
  }

  /** Ends the speaker that has the address, and starts it again once the other one has it: returns the new owner and the other node. */
  async function handOver(end: (speaker: RackProcess) => Promise<number>): Promise<[string, string]> {
    const other = await installation.untilOwned(echo.ipv4);
    await end(installation.speaker(other));
    const owner = other === "n1" ? "n2" : "n1";
    await until(`${owner} announces`, () => installation.announcers(echo.ipv4).includes(owner));
    await installation.startSpeaker(other);
    await untilBothHear();
    return [owner, other];
  }

  /** Rounds in which the speaker that runs on the node now took addresses over. */
  async function takeovers(node: string): Promise<number> {
    const lines = (await readMetrics(rack.host(node))).matchAll(/^hawser_speaker_takeovers_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** False: a speaker stalled, so that its claim is not the one that this is about. */
  async function yieldsAfterTakingOverAlone(): Promise<boolean> {
    const [owner, other] = await handOver((speaker) => speaker.kill());
    const before = await takeovers(owner);
    if ((await takeovers(other)) > 0) return false;
    await block(other, owner);
    await untilSaid(other, owner, `${other} hears no heartbeats of ${owner}`);
    const announcers = (): string => installation.announcers(echo.ipv4).join();
    const seen = await until(
      `${other} alone announces`,
      async () => (announcers() === other && "yields") || ((await takeovers(owner)) > before && "took it again"),
      { lastSeen: announcers },
    );
    return seen === "yields";
  }

  it("L3 in both directions: both announce, and both say whom they do not hear, at which port", async () => {
    const owner = await installation.untilOwned(echo.ipv4);
    const other = owner === "n1" ? "n2" : "n1";
    await Promise.all([block("n1"), block("n2")]);
    await until("both announce", () => installation.announcers(echo.ipv4).length === 2);
    // The one that had it hears the gratuitous ARP of the other, by which it is named; so may be its IPv6 address.
    const { mac } = rack.host(other);
    const twoOwners = `${owner} and ${other} (${mac}) both announce ${echo.ipv4}`;
    await until(
      `${owner} reports two owners`,
      () => reportOf(owner).problems.some(({ what }) => what.startsWith(twoOwners)),
      {
        lastSeen: () => reportOf(owner).problems,
      },
    );
    await untilSaid("n1", "n2", "n1 hears no heartbeats of n2");
    await untilSaid("n2", "n1", "n2 hears no heartbeats of n1");
    await until("the condition names both", () => BOTH_ANSWER.test(announced()), { lastSeen: announced });
  });

  it("L3 in one direction: the one that does not hear takes over, and both say which direction it is", async () => {
    // A claim that was made while both heard each other stands against one that was made alone.
    const [owner, other] = await handOver((speaker) => speaker.stop());
    await block(other, owner);
    await until(`${other} announces`, () => installation.announcers(echo.ipv4).includes(other));
    await untilSaid(owner, other, `${other} does not hear the heartbeats of ${owner}, which hears those of ${other}`);
    await untilSaid(other, owner, `${other} hears no heartbeats of ${owner}`);
    await until("the condition names both", () => BOTH_ANSWER.test(announced()), { lastSeen: announced });
    const expected = [
      `Node ${owner} SpeakerProblem speakers ${owner} and ${other}: ${other} does not hear`,
      `Node ${other} SpeakerProblem speakers ${other} and ${owner}: ${other} hears no heartbeats`,
    ];
    const isSaid = () => expected.every((start) => installation.events().some((event) => event.startsWith(start)));
    await until("each Node has its Event", isSaid, { lastSeen: () => installation.events() });
  });

  it("L3 in one direction: an owner that took over alone yields to the one that does not hear it", async () => {
    while (!(await yieldsAfterTakingOverAlone())) await unblock();
    await until("the condition is True", () => announced().startsWith("Announced "), { lastSeen: announced });
  });
});
