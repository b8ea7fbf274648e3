import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { isAboutAddress, readNeighborFrame } from "#src/layer2/neighbor-frame.ts";
import { parseIp } from "#src/ip/address.ts";
import { readPcapng } from "#test/support/read-pcapng.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const NODES = ["n1", "n2", "n3"];
/** The client forgets who has the address, and asks again, until this file is there. */
const ASKING = `while [ ! -e "$2" ]; do ip neigh flush to "$1"; echo > "/dev/udp/$1/9"; sleep 0.2; done`;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("hawser capture", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let hasTcpdump = false;
  let captures = 0;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: NODES.length });
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack) });
    hasTcpdump = (await rack.client.run(["bash", "-c", "command -v tcpdump"])).code === 0;
    if (!hasTcpdump) console.warn("SKIPPED what tcpdump reads: it is not installed (Debian: tcpdump)");
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  /** Runs the command on the router, which has no address in question, while the client asks for an address all the time. */
  async function captureWhileAsked(ip: string, args: readonly string[]): Promise<CommandResult> {
    const done = `${installation.directory}.asked-${captures++}`;
    const asking = rack.client.run(["bash", "-c", ASKING, "ask", ip, done]);
    const command = [process.execPath, CLI, "capture", ip, "--manifests", installation.directory, ...args];
    const result = await rack.router.run(command);
    await rack.client.run(["touch", done]);
    await asking;
    return result;
  }

  it.each([
    { ip: echo.ipv4, says: /ARP, (?:Ethernet .*, )?Request who-has 192\.0\.2\.211/ },
    { ip: echo.ipv6, says: /ICMP6, neighbor solicitation/ },
  ])("J merges what all nodes see about $ip into one file, which tcpdump reads", async ({ ip, says }) => {
    const owner = await installation.untilOwned(ip);
    const file = `${installation.directory}-${ip}.pcapng`;
    const { code, stdout, stderr } = await captureWhileAsked(ip, ["--for", "1s", "-w", file]);
    expect([code, stdout, stderr]).toEqual([0, `${file}\n`, expect.stringContaining("on 3 nodes for 1 s")]);
    const packets = readPcapng(readFileSync(file));
    const times = packets.map(({ atNs }) => atNs);
    expect(times).toEqual([...times].sort((left, right) => (left < right ? -1 : 1)));
    const address = parseIp(ip) ?? expect.fail();
    const read = packets.map(({ bytes }) => readNeighborFrame(bytes) ?? expect.fail("a frame that is neither"));
    expect(read.every((frame) => isAboutAddress(frame, address))).toBe(true);
    const seenBy = (operation: string, direction: string): readonly string[] =>
      packets
        .filter((one, at) => one.direction === direction && read[at]?.operation === operation)
        .map(({ interfaceName }) => interfaceName);
    // A question goes to all nodes, and its answer leaves the owner.
    for (const node of NODES) expect(seenBy("question", "in")).toContain(`${node}/eth0`);
    expect(seenBy("answer", "out")).toContain(`${owner}/eth0`);
    if (!hasTcpdump) return;
    const dumped = await rack.client.run(["tcpdump", "-nn", "-tt", "-r", file]);
    const lines = dumped.stdout.split("\n").filter((line) => line !== "");
    expect([dumped.code, lines.length]).toEqual([0, packets.length]);
    expect(lines.some((line) => says.test(line))).toBe(true);
  });

  it("J prints who asks and who answers, leaves no trace on the Nodes, and names a speaker that is silent", async () => {
    const owner = await installation.untilOwned(echo.ipv4);
    // It announces nothing; killed, it leaves its member record behind.
    await installation.speaker("n3").kill();
    const { code, stdout, stderr } = await captureWhileAsked(echo.ipv4, ["--for", "1s"]);
    expect(code).toBe(3);
    expect(stderr).toContain("n3: its speaker did not answer");
    const { mac } = rack.host(owner);
    expect(stdout).toMatch(
      new RegExp(`${owner} +eth0 +in +${rack.client.ipv4} at ${rack.client.mac} asks for ${echo.ipv4}\n`),
    );
    expect(stdout).toMatch(
      new RegExp(`${owner} +eth0 +out +${mac} \\(${owner}\\) answers ${rack.client.ipv4}: it has ${echo.ipv4}\n`),
    );
    const status = await rack.router.run([
      "grep",
      "-r",
      "hawser.dev/capture",
      `${installation.directory}/.hawser/status`,
    ]);
    expect(status.stdout).toBe("");
  });
});
