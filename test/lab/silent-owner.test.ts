// An owner whose heartbeats arrive and whose answers do not: what the others find out on the wire.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { parseIp } from "#src/ip/address.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const CODE = "OWNER_DOES_NOT_ANSWER";
const SILENCED = "n1";
/** The target of an advertisement, in bits from the beginning of its ICMPv6 header (RFC 4861 section 4.4). */
const TARGET = "@th,64,128";
/** A port of the switch lets no advertisement of its machine through for the address, and nothing else is missing. */
const FILTER = `table bridge guard {
  chain forward {
    type filter hook forward priority 1;
    iifname "p-${SILENCED}" icmpv6 type nd-neighbor-advert ${TARGET} 0x${parseIp(echo.ipv6)?.value.toString(16)} counter drop
  }
}
`;
const IN_SWITCH = ["nsenter", "--net=/run/netns/sw", "--", "nft"];

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 H an owner that does not answer", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const options = { rack, directory: writeEchoManifests(rack), speakers: [SILENCED] };
    installation = await RackInstallation.start(options);
    await installation.untilOwned(echo.ipv6);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function filterAtSwitch(args: readonly string[], input = ""): Promise<void> {
    const { code, stderr } = await rack.router.run([...IN_SWITCH, ...args], input);
    expect([code, stderr]).toEqual([0, ""]);
  }

  function reported(): readonly string[] {
    return [...installation.reports().values()].flatMap(({ node, problems }) =>
      problems.filter(({ code }) => code === CODE).map(({ what }) => `${node}: ${what}`),
    );
  }

  function untilAllSee(count: number): Promise<unknown> {
    return until(`${count} speakers see each other`, () => {
      const reports = [...installation.reports().values()];
      return reports.filter(({ members }) => members.length === count).length === count;
    });
  }

  async function explain(): Promise<string> {
    const command = [process.execPath, CLI, "explain", echo.ipv6, "--manifests", installation.directory];
    return (await rack.client.run(command)).stdout;
  }

  it("over NDP, because a switch drops its advertisements, is reported by another one with the address until it answers", async () => {
    await filterAtSwitch(["-f", "-"], FILTER);
    // They ask for what others have soon after they start, and then once a minute.
    await Promise.all(["n2", "n3"].map((node) => installation.startSpeaker(node)));
    await untilAllSee(3);
    const silent = new RegExp(`^n[23]: ${SILENCED} announces ${echo.ipv6} and does not answer for them$`);
    await until("one of the others reports it", () => reported().some((one) => silent.test(one)), {
      lastSeen: reported,
    });
    // The IPv4 address, which the same node has, is answered for.
    expect(reported()).toHaveLength(1);
    // What one port does not let through moves nothing.
    expect(installation.announcers(echo.ipv6)).toEqual([SILENCED]);
    expect(await explain()).toMatch(
      new RegExp(`^bad {2}wire .*${SILENCED} announces ${echo.ipv6} and does not answer for them`, "m"),
    );
    const event = new RegExp(`^Node n[23] SpeakerProblem .*${SILENCED} announces ${echo.ipv6} and does not answer`);
    await until("a Node has an Event", () => installation.events().some((one) => event.test(one)), {
      lastSeen: () => installation.events(),
    });
    await filterAtSwitch(["delete", "table", "bridge", "guard"]);
    await until("nothing of it is left", () => reported().length === 0, { lastSeen: reported });
  });

  it("which came back without CAP_NET_RAW has no address, and says why", async () => {
    await installation.speaker(SILENCED).kill();
    const heir = "n2";
    await until("the other candidate announces", () => installation.announcers(echo.ipv6).includes(heir), {
      lastSeen: () => installation.announcers(echo.ipv6),
    });
    const keyFile = `${installation.directory}.heartbeat-key`;
    const command = ["setpriv", "--bounding-set=-net_raw", ...installation.speakerCommand(SILENCED, keyFile)];
    const ready = /"code":"PACKET_SOCKET_REFUSED".*CAP_NET_RAW/;
    const weak = await rack.host(SILENCED).spawn({ name: "weak", command, ready });
    const problems = () =>
      installation
        .reports()
        .get(SILENCED)
        ?.problems.map(({ code }) => code) ?? [];
    await until("its report says so", () => problems().includes("PACKET_SOCKET_REFUSED"), { lastSeen: problems });
    expect(installation.reports().get(SILENCED)?.ready).toBe(false);
    // Only this one is left to announce it: what it cannot announce it does not claim.
    await installation.speaker(heir).stop();
    const members = () =>
      installation
        .reports()
        .get(SILENCED)
        ?.members.map(({ node }) => node) ?? [];
    await until("it knows that the other one is gone", () => !members().includes(heir), { lastSeen: members });
    expect(installation.announcers(echo.ipv6)).not.toContain(SILENCED);
    await weak.stop();
  });
});
