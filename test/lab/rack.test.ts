import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "#lab/rack/run-command.ts";
import type { Host } from "#lab/rack/host.ts";
import { processesIn } from "#lab/rack/processes-in.ts";
import { Rack } from "#lab/rack/rack.ts";
import { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";

const namespaces = (): string[] => (existsSync("/run/netns") ? readdirSync("/run/netns").sort() : []);

/** Silence that tells: a hundred times what an answer takes. */
const SILENCE_MS = 500;

/** Builds a rack and lets a pod serve in it, in a process that then dies without any clean-up. */
const crashingProgram = `
import { Rack } from "#lab/rack/rack.ts";
const rack = await Rack.build({ nodes: 2 });
await rack.startPod({ name: "orphan", node: "n1" });
process.kill(process.pid, "SIGKILL");
`;

/** Keeps a rack up in namespaces of its own, says how to enter it, and ends when it is told to. */
const keptProgram = `
import { Rack } from "${import.meta.resolve("#lab/rack/rack.ts")}";
import { onInterrupt } from "${import.meta.resolve("#lab/rack/on-interrupt.ts")}";
const rack = await Rack.build({ nodes: 1 });
onInterrupt(() => rack.close().then(() => process.exit(0)));
console.log(rack.enterCommand(rack.host("n1")));
`;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("Rack", () => {
  describe("of three nodes", () => {
    let rack: Rack;
    let before: string[];

    beforeAll(async () => {
      before = namespaces();
      rack = await Rack.build({ nodes: 3 });
      console.log(`a rack of 3 nodes is up in ${rack.buildMs.toFixed(0)} ms`);
    });
    afterAll(() => rack.close());

    it.each([
      { from: "client", to: "n1" },
      { from: "client", to: "n3" },
      { from: "n1", to: "n2" },
      { from: "remote", to: "n3" },
      { from: "n2", to: "remote" },
      { from: "router", to: "client" },
    ])("lets $from reach $to over IPv4 and IPv6", async ({ from, to }) => {
      const [source, target] = [rack.host(from), rack.host(to)];
      expect(await source.reaches(target.ipv4)).toBe(true);
      expect(await source.reaches(target.ipv6)).toBe(true);
    });

    it("answers nothing for an address nobody has", async () => {
      expect(await rack.client.reaches("192.0.2.250", SILENCE_MS)).toBe(false);
    });

    it("knows neighbors by their deterministic MAC, and forgets them", async () => {
      const [n1] = rack.nodes as [Host];
      expect(n1.mac).toBe("02:00:00:00:01:01");
      for (const ip of n1.addresses) {
        await rack.client.reaches(ip);
        expect(await rack.client.neighbor(ip)).toMatchObject({ mac: n1.mac });
      }
      await rack.client.flushNeighbors();
      expect((await rack.client.neighbor(n1.ipv4))?.mac).toBeUndefined();
    });

    it("lets a pod be reached from nodes, not from the client, which has no route to it", async () => {
      const pod = await rack.startPod({ name: "web-1", node: "n2", tcpPorts: [7000], httpPorts: [8080] });
      for (const address of pod.addresses) {
        expect(await rack.host("n1").reaches(address)).toBe(true);
        expect(await rack.host("n2").reaches(address)).toBe(true);
        expect(await rack.client.reaches(address, SILENCE_MS)).toBe(false);
      }
      expect(await pod.host.reaches(rack.host("n3").ipv4)).toBe(true);
      await pod.stop();
      expect(namespaces()).not.toContain("pod-web-1");
    });

    it("removes a pod once, also where two ask for it at the same time", async () => {
      const { name } = await rack.addPodHost({ name: "twice", node: "n1" });
      await Promise.all([rack.removePodHost(name), rack.removePodHost(name)]);
      expect(namespaces()).not.toContain("pod-twice");
    });

    it("gives a pod's address to the next pod once it is free", async () => {
      const first = await rack.startPod({ name: "first", node: "n1" });
      const second = await rack.startPod({ name: "second", node: "n1" });
      expect(second.addresses).not.toEqual(first.addresses);
      await first.stop();
      const third = await rack.startPod({ name: "third", node: "n1" });
      expect(third.addresses).toEqual(first.addresses);
      await Promise.all([second.stop(), third.stop()]);
    });

    it.each([
      { name: "UPPER", node: "n1", says: /is not a name for a pod/ },
      { name: "web", node: "n9", says: /no node "n9"/ },
    ])("refuses pod $name on $node", async ({ name, node, says }) => {
      await expect(rack.addPodHost({ name, node })).rejects.toThrow(says);
    });

    it("keeps a process's lines, waits for one, and tells when none comes", async () => {
      const command = ["sh", "-c", "echo one; echo two >&2; exec sleep 60"];
      const sleeper = await rack.client.spawn({ name: "sleeper", command, ready: /^two$/ });
      expect(sleeper.lines.toSorted()).toEqual(["one", "two"]);
      expect(processesIn(["client"])).toEqual([sleeper.pid]);
      const inVain = sleeper.waitForLine(/three/);
      expect(await sleeper.kill()).toBe(137);
      await expect(inVain).rejects.toThrow(/client\/sleeper: no line like .*three.*exited 137/s);
      expect(rack.client.processes.size).toBe(0);
    });

    it("says why a process did not become ready", async () => {
      const command = ["sh", "-c", "echo no such key >&2; exit 3"];
      const failing = rack.client.spawn({ name: "failing", command, ready: /ready/ });
      await expect(failing).rejects.toThrow(/exited 3.*no such key/s);
    });

    it("is one at a time", async () => {
      await expect(Rack.build({ nodes: 1 })).rejects.toThrow(/has one up in this wrapper/);
    });

    it("names a host it does not have", () => {
      expect(() => rack.host("n4")).toThrow('no host "n4"');
    });

    it("leaves no namespace and no process behind, and builds again", async () => {
      const sleeper = await rack.host("n1").spawn({ name: "sleeper", command: ["sleep", "60"] });
      await rack.startPod({ name: "left", node: "n1" });
      await rack.close();
      expect(sleeper.exitCode).toBe(137);
      expect(existsSync(`/proc/${sleeper.pid}`)).toBe(false);
      expect(namespaces()).toEqual(before);
      rack = await Rack.build({ nodes: 3 });
      expect(await rack.client.reaches(rack.host("n3").ipv6)).toBe(true);
    });
  });

  it("of twenty nodes lets the first reach the last's pod", async () => {
    await using rack = await Rack.build({ nodes: 20 });
    console.log(`a rack of 20 nodes is up in ${rack.buildMs.toFixed(0)} ms`);
    const pod = await rack.startPod({ name: "far", node: "n20" });
    for (const address of pod.addresses) expect(await rack.host("n1").reaches(address)).toBe(true);
    expect(await rack.client.reaches(rack.host("n20").ipv4)).toBe(true);
  });

  it("removes what a crashed one left behind", async () => {
    const before = namespaces();
    const args = ["--input-type=module", "--eval", crashingProgram];
    const crashed = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(crashed).toMatchObject({ signal: "SIGKILL", stderr: "" });
    expect(namespaces()).toContain("pod-orphan");
    expect(processesIn(["pod-orphan"])).toHaveLength(1);
    const rack = await Rack.build({ nodes: 1 });
    expect(namespaces()).not.toContain("pod-orphan");
    await rack.close();
    expect(namespaces()).toEqual(before);
  });

  it("with multicast snooping delivers a solicitation by the group that its target joined", async () => {
    await using rack = await Rack.build({ nodes: 2, multicastSnooping: true });
    const ports = async () => {
      const said = await rack.client.run(["nsenter", "--net=/run/netns/sw", "bridge", "-json", "mdb", "show"]);
      const [{ mdb = [] } = {}] = JSON.parse(said.stdout || "[]") as { mdb?: { grp: string; port: string }[] }[];
      return mdb.filter(({ grp }) => grp === "ff02::1:ff00:12").map(({ port }) => port);
    };
    expect(await until("the switch knows who joined n2's group", async () => (await ports()).length > 0)).toBe(true);
    expect(await ports()).toEqual(["p-n2"]);
    expect(await rack.client.reaches(rack.host("n2").ipv6)).toBe(true);
  });

  it.each([0, 1.5, 129])("has no %d nodes", async (nodes) => {
    await expect(Rack.build({ nodes })).rejects.toThrow(RangeError);
  });

  it("outside the wrapper says so", async () => {
    const program =
      'import { Rack } from "#lab/rack/rack.ts"; await Rack.build({ nodes: 1 }).catch((e) => console.log(e.message));';
    const env = { ...process.env, HAWSER_RACK: "" };
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      encoding: "utf8",
      env,
    });
    expect(stdout).toMatch(/not inside the namespaces of lab\/rack\/wrapper\.js/);
  });

  it("tells what is missing when a tool cannot do its part", async () => {
    const program = `
import { mkdtempSync, writeFileSync } from "node:fs";
const folder = mkdtempSync("/run/no-nft-");
writeFileSync(folder + "/nft", "#!/bin/sh\\necho 'nft: Operation not supported' >&2; exit 1\\n", { mode: 0o755 });
process.env.PATH = folder + ":" + process.env.PATH;
const { Rack } = await import("#lab/rack/rack.ts");
await Rack.build({ nodes: 1 }).catch((e) => console.log(e.message));
`;
    const before = namespaces();
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect(stdout).toMatch(/cannot build a rack: nftables .*: nft: Operation not supported/);
    expect(namespaces()).toEqual(before);
  });

  it("is entered from outside by the command it prints", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rack-enter-"));
    const script = join(folder, "kept.ts");
    writeFileSync(script, keptProgram);
    const enter = fileURLToPath(new URL("enter.js", import.meta.resolve("#lab/rack/rack.ts")));
    const kept = new RackProcess({ name: "kept", command: [process.execPath, enter, script] });
    try {
      const command = await kept.waitForLine(/^nsenter /);
      const entered = await runCommand(["sh", "-c", `${command} -c "ip -oneline -4 addr show eth0; whoami"`]);
      expect(entered).toMatchObject({ code: 0, stderr: "" });
      expect(entered.stdout).toMatch(/inet 192\.0\.2\.11\/24[^]*root/);
    } finally {
      await kept.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
