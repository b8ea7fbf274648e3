import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { gapAfter } from "#lab/probes/gap.ts";
import { lostWhile } from "#lab/probes/lost-while.ts";
import type { Host } from "#lab/rack/host.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";

/** The default of `--dead-after`. */
const DEAD_AFTER_MS = 100;
/**
 * What a gap is judged against. On a busy machine speakers stall, say so, and are waited for as much longer (ADR 4): how fast a takeover is
 * on a quiet one is for the bench to say.
 */
const LONGEST_GAP_MS = 5 * DEAD_AFTER_MS + MAX_STALL_MS;
const CALM_PROBES = 50;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("failover on a rack of three nodes", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack) });
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  /** Heals everything and waits until both candidates see all three and exactly one answers for each address. */
  async function calm(): Promise<Host> {
    await rack.heal();
    await until("all speakers see each other", () =>
      ["n1", "n2"].every((node) => installation.reports().get(node)?.members.length === 3),
    );
    await installation.untilOwned(echo.ipv6);
    return rack.host(await installation.untilOwned(echo.ipv4));
  }

  afterEach(calm);

  function otherThan(owner: Host): Host {
    return rack.host(owner.name === "n1" ? "n2" : "n1");
  }

  async function probe(target: string = echo.ipv4): Promise<Prober> {
    const prober = await Prober.start(rack.client, { mode: "udp", target, port: echo.port, everyMs: 2 });
    await prober.waitForGood(CALM_PROBES);
    return prober;
  }

  /** How many probes were lost while `act` ran and for a while after it. */
  async function lostDuring(act: () => Promise<unknown>): Promise<number> {
    return (await lostWhile(await probe(), 4 * CALM_PROBES, act)).lost;
  }

  /** First by its own word, then by what the client hears when it asks anew. */
  async function untilTakenOver(node: Host): Promise<void> {
    await until(`${node.name} announces`, () => installation.announcers(echo.ipv4).includes(node.name));
    await until(`${node.name} answers for ${echo.ipv4}`, async () => {
      await rack.client.flushNeighbors();
      await rack.client.run(["bash", "-c", `echo > /dev/udp/${echo.ipv4}/9`]);
      return (await rack.client.neighbor(echo.ipv4))?.mac === node.mac;
    });
  }

  it("answers for both families with the owner's MAC", async () => {
    const owner = await calm();
    const prober6 = await probe(echo.ipv6);
    expect((await rack.client.neighbor(echo.ipv4))?.mac).toBe(owner.mac);
    expect(["n1", "n2"].map((name) => rack.host(name).mac)).toContain((await rack.client.neighbor(echo.ipv6))?.mac);
    await prober6.stop();
  });

  it.each([
    { family: "IPv4", target: echo.ipv4 },
    { family: "IPv6", target: echo.ipv6 },
  ])("takes $family over from an owner that went silent", async ({ target }) => {
    await calm();
    const owner = rack.host(await installation.untilOwned(target));
    const prober = await probe(target);
    const { effectiveNs } = await rack.cutSilent(owner);
    await prober.waitForGood(CALM_PROBES);
    expect(gapAfter(await prober.stop(), effectiveNs)).toBeLessThan(LONGEST_GAP_MS);
  });

  it("takes over from an owner whose cable was pulled", async () => {
    const owner = await calm();
    const prober = await probe();
    const { effectiveNs } = await rack.cutCable(owner);
    await prober.waitForGood(CALM_PROBES);
    expect(gapAfter(await prober.stop(), effectiveNs)).toBeLessThan(LONGEST_GAP_MS);
  });

  it("loses nothing in five planned moves", async () => {
    for (let move = 0; move < 5; move++) {
      const owner = await calm();
      expect(await lostDuring(() => installation.speaker(owner.name).stop())).toBe(0);
      await installation.startSpeaker(owner.name);
    }
  });

  it("loses nothing when the owner's speaker is killed, and another answers", async () => {
    const owner = await calm();
    const count = await lostDuring(async () => {
      await installation.speaker(owner.name).kill();
      await untilTakenOver(otherThan(owner));
    });
    await installation.startSpeaker(owner.name);
    expect(count).toBe(0);
  });

  it("takes over from a speaker that hangs, which gives way when it wakes", async () => {
    const owner = await calm();
    installation.speaker(owner.name).hang();
    await untilTakenOver(otherThan(owner));
    installation.speaker(owner.name).resume();
    const announcers = (): string => installation.announcers(echo.ipv4).join();
    const successor = otherThan(owner).name;
    await until("only the successor announces", () => announcers() === successor, { lastSeen: announcers });
  });

  it("does not move addresses back when their first owner returns", async () => {
    const owner = await calm();
    await rack.cutSilent(owner);
    await until("the other one announces", () => installation.announcers(echo.ipv4).includes(otherThan(owner).name));
    await rack.restore(owner);
    expect((await calm()).name).toBe(otherThan(owner).name);
  });

  it("serves the client while two speakers do not hear each other, by the third that does, and after", async () => {
    await calm();
    const codes = (node: string): readonly string[] =>
      (installation.reports().get(node)?.problems ?? []).map(({ code }) => code);
    const relayed = (): number => ["n1", "n2"].filter((node) => codes(node).includes("HEARTBEATS_RELAYED")).length;
    const count = await lostDuring(async () => {
      await rack.partition([rack.host("n1")], [rack.host("n2")]);
      await until("both are heard through n3", () => relayed() === 2);
      await until("one announces", () => installation.announcers(echo.ipv4).length === 1);
      await rack.heal();
      await until("both are heard again", () => relayed() === 0);
      await until("one announces", () => installation.announcers(echo.ipv4).length === 1);
    });
    expect(count).toBe(0);
  });

  it("ignores a speaker with another key", async () => {
    const owner = await calm();
    const keyFile = `${installation.directory}.other-key`;
    writeFileSync(keyFile, "a key that nobody else has\n");
    const command = installation.speakerCommand("n3", keyFile);
    await installation.speaker("n3").stop();
    const stranger = await rack.host("n3").spawn({ name: "stranger", command, ready: /"msg":"ready"/ });
    await until("n1 and n2 no longer see n3", () =>
      ["n1", "n2"].every((node) => installation.reports().get(node)?.members.length === 2),
    );
    expect(await installation.untilOwned(echo.ipv4)).toBe(owner.name);
    await stranger.stop();
    await installation.startSpeaker("n3");
    rmSync(keyFile);
  });

  it("goes on without its controller, which adopts what it finds when it returns", async () => {
    await calm();
    const before = installation.assignedAddresses(echo.key);
    const count = await lostDuring(async () => {
      await installation.controller.kill();
      await installation.restartController();
    });
    expect(count).toBe(0);
    expect(installation.assignedAddresses(echo.key)).toEqual(before);
  });

  it("keeps addresses and answers while files in the folder are broken", async () => {
    const owner = await calm();
    const pools = join(installation.directory, "pools.yaml");
    const count = await lostDuring(async () => {
      renameSync(pools, `${pools}.good`);
      writeFileSync(
        pools,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { namespace: hawser-system, name: hawser }\ndata: { config: 'address-pools: [{}]' }\n",
      );
      writeFileSync(join(installation.directory, "half.yaml"), "apiVersion: v1\nkind: Service\nmetadata:\n  name: [");
      await installation.controller.waitForLine(/half\.yaml/);
      await installation.controller.waitForLine(/last good|config/i);
    });
    rmSync(join(installation.directory, "half.yaml"));
    renameSync(`${pools}.good`, pools);
    expect(count).toBe(0);
    expect(await installation.untilOwned(echo.ipv4)).toBe(owner.name);
  });
});
