import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "#lab/rack/host.ts";
import { processesIn } from "#lab/rack/processes-in.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

/** Silence that tells: a hundred times what an answer takes. */
const SILENCE_MS = 500;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("the rack's faults", () => {
  let rack: Rack;
  let n1: Host;
  let n2: Host;
  let n3: Host;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    [n1, n2, n3] = rack.nodes as [Host, Host, Host];
  });
  afterEach(async () => {
    await rack.heal();
    // A neighbor that failed is asked again only after a second; a fresh start needs no such wait.
    const on = rack.nodes.filter(({ name }) => rack.isOn(name));
    await Promise.all([rack.client, ...on].map((host) => host.flushNeighbors()));
  });
  afterAll(() => rack.close());

  const carrier = async (host: Host) => {
    const { stdout } = await host.run(["ip", "-json", "link", "show", "dev", "eth0"]);
    return (JSON.parse(stdout) as { flags: string[] }[])[0]?.flags.includes("LOWER_UP");
  };
  const untilReached = (from: Host, to: Host) =>
    until(
      `${from.name} reaches ${to.name}`,
      async () => (await from.reaches(to.ipv4)) && (await from.reaches(to.ipv6)),
    );
  /** Both families, at once: silence takes its time. */
  const reached = async (from: Host, to: Host) => {
    const answers = await Promise.all(to.addresses.map((ip) => from.reaches(ip, SILENCE_MS)));
    return answers.filter(Boolean).length;
  };

  it("cutCable() takes the carrier and restore() gives it back", async () => {
    expect(await carrier(n1)).toBe(true);
    const times = await rack.cutCable(n1);
    expect(times.effectiveNs).toBeGreaterThan(times.issuedNs);
    await until("n1 sees no carrier", async () => (await carrier(n1)) === false);
    expect(await reached(rack.client, n1)).toBe(0);
    await untilReached(rack.client, n2);
    await rack.restore(n1);
    await untilReached(rack.client, n1);
    expect(await carrier(n1)).toBe(true);
  });

  it("cutSilent() leaves the carrier and restore() heals it", async () => {
    await rack.cutSilent(n1);
    expect(await carrier(n1)).toBe(true);
    expect(await reached(rack.client, n1)).toBe(0);
    expect(await reached(n1, n2)).toBe(0);
    await untilReached(rack.client, n2);
    await rack.restore(n1);
    await untilReached(rack.client, n1);
  });

  it("restore() heals one host and leaves the others as they are", async () => {
    await rack.cutSilent(n1);
    await rack.cutSilent(n2);
    await rack.restore(n1);
    await untilReached(rack.client, n1);
    expect(await reached(rack.client, n2)).toBe(0);
  });

  it("partition() parts two groups only from each other", async () => {
    await rack.partition([n1], [n2, n3]);
    await Promise.all([untilReached(n2, n3), untilReached(rack.client, n1)]);
    expect(await Promise.all([reached(n1, n2), reached(n3, n1)])).toEqual([0, 0]);
    await rack.heal();
    await untilReached(n1, n2);
    await untilReached(n3, n1);
  });

  it("oneWay() stops one direction only", async () => {
    // Datagrams need no answer: those of n2 arrive at n1, those of n1 do not at n2.
    for (const [host, other] of [
      [n1, n2],
      [n2, n1],
    ] as const) {
      await host.run(["ip", "neigh", "replace", other.ipv4, "lladdr", other.mac, "dev", "eth0"]);
    }
    const listen = (host: Host) =>
      host.spawn({ name: "listener", command: [process.execPath, "--eval", listener], ready: /^ready$/ });
    const [at1, at2] = await Promise.all([listen(n1), listen(n2)]);
    const say = (from: Host, to: Host, word: string) =>
      from.run(["bash", "-c", `printf ${word} > /dev/udp/${to.ipv4}/7777`]);
    await rack.oneWay(n1, n2);
    await say(n1, n2, "lost");
    await say(n2, n1, "kept");
    expect(await at1.waitForLine(/kept/)).toBe("kept");
    await rack.heal();
    await say(n1, n2, "healed");
    await at2.waitForLine(/healed/);
    expect(at2.lines).toEqual(["ready", "healed"]);
    await Promise.all([at1.kill(), at2.kill()]);
  });

  it("loss() drops all, none, or a part of the frames towards a host", async () => {
    const sent = 300;
    const heard = async (percent: number) => {
      const command = [process.execPath, "--eval", listener];
      const at = await n1.spawn({ name: "listener", command, ready: /^ready$/ });
      const neighbor = ["ip", "neigh", "replace", n1.ipv4, "lladdr", n1.mac, "dev", "eth0", "nud", "permanent"];
      await rack.client.run(neighbor);
      await rack.loss(n1, percent);
      await rack.client.run(["bash", "-c", `for i in $(seq ${sent}); do printf x > /dev/udp/${n1.ipv4}/7777; done`]);
      await rack.loss(n1, 0);
      await rack.client.run(["bash", "-c", `printf end > /dev/udp/${n1.ipv4}/7777`]);
      await at.waitForLine(/end/);
      await at.kill();
      await rack.client.run(["ip", "neigh", "del", n1.ipv4, "dev", "eth0"]);
      return at.lines.filter((line) => line === "x").length;
    };
    expect(await heard(0)).toBe(sent);
    expect(await heard(100)).toBe(0);
    const half = await heard(50);
    expect(half).toBeGreaterThan(sent / 4);
    expect(half).toBeLessThan((3 * sent) / 4);
    expect(() => rack.loss(n1, 50.5)).toThrow(RangeError);
  });

  it("hang() freezes a process and resume() lets it go on", async () => {
    const command = [process.execPath, "--eval", listener];
    const frozen = await n1.spawn({ name: "listener", command, ready: /^ready$/ });
    const say = (word: string) => rack.client.run(["bash", "-c", `printf ${word} > /dev/udp/${n1.ipv4}/7777`]);
    await say("before");
    await frozen.waitForLine(/before/);
    frozen.hang();
    await until("it stands still", async () => {
      const { stdout } = await n1.run(["cat", `/proc/${frozen.pid}/stat`]);
      return stdout.split(" ")[2] === "T";
    });
    await say("meanwhile");
    expect(frozen.lines).toEqual(["ready", "before"]);
    frozen.resume();
    await frozen.waitForLine(/meanwhile/);
    expect(await frozen.stop()).toBe(143);
  });

  it("powerOff() ends a node with its pods and nobody else", async () => {
    const kept = await rack.startPod({ name: "kept", node: "n2" });
    const gone = await rack.startPod({ name: "gone", node: "n3" });
    await rack.powerOff(n3);
    expect(await gone.process.exited).toBe(137);
    expect(processesIn(["n3", "pod-gone"])).toEqual([]);
    expect(await reached(rack.client, n3)).toBe(0);
    expect(rack.isOn("n3")).toBe(false);
    expect(kept.process.exitCode).toBeUndefined();
    await untilReached(n1, kept.host);
    await expect(rack.startPod({ name: "late", node: "n3" })).rejects.toThrow("node n3 is off");
    await kept.stop();
  });
});

/** Prints each datagram that arrives at port 7777 as a line. */
const listener = `
const socket = require("node:dgram").createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
socket.on("message", (message) => console.log(String(message)));
socket.bind(7777, () => console.log("ready"));
`;
