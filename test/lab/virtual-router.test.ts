import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import type { PrintedProblem } from "#src/model/problem.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const CODE = "VIRTUAL_ROUTER_HAS_ADDRESS";
/** Of the second pool; no Service has it. */
const FREE = "192.0.2.220";
/** Of no pool. */
const OTHER = "192.0.2.230";

/** Version 3 for both families, and version 2 of a router that has no address of ours. */
const CONFIGURATION = `vrrp_instance ours {
  state MASTER
  version 3
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 1
  virtual_ipaddress {
    ${echo.ipv4}/24
    ${FREE}/24
    ${OTHER}/24
  }
}
vrrp_instance ours6 {
  state MASTER
  version 3
  interface eth0
  virtual_router_id 52
  priority 151
  advert_int 1
  virtual_ipaddress {
    fe80::5e00:5301/64
    ${echo.ipv6}/64
  }
}
vrrp_instance others {
  state MASTER
  version 2
  interface eth0
  virtual_router_id 53
  advert_int 1
  virtual_ipaddress {
    192.0.2.231/24
  }
}
`;

const hasKeepalived = spawnSync("sh", ["-c", "command -v keepalived"]).status === 0;

describe.skipIf(process.env["HAWSER_RACK"] !== "1" || !hasKeepalived)("J virtual routers (needs keepalived)", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let folder: string;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const directory = writeEchoManifests(rack, {
      pools: [`{ name: spare, protocol: layer2, addresses: [${FREE}/32] }`],
    });
    installation = await RackInstallation.start({ rack, directory });
    folder = mkdtempSync("/run/keepalived-");
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  /** keepalived on the client, once it has sent its first advertisements. */
  async function startKeepalived(): Promise<RackProcess> {
    const base = join(folder, "client");
    writeFileSync(`${base}.conf`, CONFIGURATION);
    const options = ["-n", "-l", "-D", "-P", "-f", `${base}.conf`, "-p", `${base}.pid`, "-r", `${base}.vrrp.pid`];
    const ready = /Entering MASTER STATE/;
    return rack.client.spawn({ name: "keepalived", command: ["keepalived", ...options], ready });
  }

  /** `n1 error: what: why` of each Problem about a virtual router. */
  function reported(): readonly string[] {
    return [...installation.reports().values()].flatMap(({ node, problems }) =>
      (problems as unknown as readonly PrintedProblem[])
        .filter(({ code }) => code === CODE)
        .map(({ severity, what, why }) => `${node} ${severity}: ${what}: ${why}`),
    );
  }

  function saidBy(node: string): readonly string[] {
    return reported().flatMap((one) => (one.startsWith(`${node} `) ? [one.slice(node.length + 1)] : []));
  }

  const announced = (): string => installation.announcedCondition(echo.key);

  async function explain(ip: string): Promise<string> {
    const command = [process.execPath, CLI, "explain", ip, "--manifests", installation.directory];
    return (await rack.client.run(command)).stdout;
  }

  it("keepalived is named with its addresses of ours while it runs, by one speaker for each", async () => {
    const [owner, owner6] = [await installation.untilOwned(echo.ipv4), await installation.untilOwned(echo.ipv6)];
    expect(reported()).toEqual([]);
    const keepalived = await startKeepalived();
    const { mac, ipv4 } = rack.client;
    const used = `error: A virtual router has ${echo.ipv4} of the pool "default", which Services have too: the machine ${mac} (${ipv4}) says so by VRRP, as virtual router 51 (priority 150)`;
    const used6 = new RegExp(
      `^error: A virtual router has ${echo.ipv6} of the pool "default", which Services have too: the machine ${mac} \\(fe80::\\S+\\) says so by VRRP, as virtual router 52 \\(priority 151\\)$`,
    );
    const both = new RegExp(
      `^error: A virtual router has ${echo.ipv4}, ${echo.ipv6} of the pool "default", which Services have too: the machine ${mac} \\(${ipv4} and fe80::\\S+\\) says so by VRRP, as virtual router 51 \\(priority 150\\) and 52 \\(priority 151\\)$`,
    );
    const isNamed =
      owner === owner6
        ? () => saidBy(owner).some((one) => both.test(one))
        : () => saidBy(owner).includes(used) && saidBy(owner6).some((one) => used6.test(one));
    await until("their owners report the addresses", isNamed, { lastSeen: reported });
    const free = /^n[123] warning: A virtual router has 192\.0\.2\.220 of the pool "spare", which no Service has yet: /;
    const named = () => reported().filter((one) => free.test(one));
    await until("one speaker reports the free one", () => named().length === 1, { lastSeen: reported });
    // What is said by three instances comes each second: all of it was heard twice.
    const heard = /^hawser_speaker_virtual_router_frames_total\{outcome="vrrp"\} (\d+)$/m;
    const frames = async () => Number(heard.exec(await readMetrics(rack.host(owner)))?.[1]);
    const before = await frames();
    await until("six more are heard", async () => (await frames()) >= before + 6);
    expect(reported()).toHaveLength(owner === owner6 ? 2 : 3);
    const said = () => /^VirtualRouterHasAddress .*another machine answers too: .* says so by VRRP/.test(announced());
    await until("the condition says so", said, { lastSeen: announced });
    for (const ip of [echo.ipv4, FREE])
      expect(await explain(ip)).toMatch(/^bad {2}wire .* A virtual router has .*\(VirtualRouterHasAddress\)$/m);
    const event = `Node ${owner} SpeakerProblem speaker ${owner}: A virtual router has ${echo.ipv4}`;
    await until("its Node has an Event", () => installation.events().some((one) => one.startsWith(event)), {
      lastSeen: () => installation.events(),
    });
    await keepalived.stop();
    await until("nothing of it is left", () => reported().length === 0, { lastSeen: reported });
    expect([await installation.untilOwned(echo.ipv4), await installation.untilOwned(echo.ipv6)]).toEqual([
      owner,
      owner6,
    ]);
    // What the other machine answered by ARP is remembered for longer.
    const isOver = () => !announced().startsWith("VirtualRouterHasAddress ");
    await until("the condition says so no longer", isOver, { lastSeen: announced });
  });
});
