import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_PROGRAMS, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Rack } from "#lab/rack/rack.ts";
import { ControlGroups, whyNoControlGroups } from "./control-groups.ts";
import { PAUSE_IMAGE } from "./node-config.ts";
import { type NodePackages, nodePackages } from "./node-packages.ts";
import { writePauseImage } from "./pause-image.ts";
import { RealNode } from "./real-node.ts";

/** What else a cluster of real nodes is made with: command -> Debian package. */
const commands = { cc: "gcc libc6-dev", openssl: "openssl", tar: "tar" } as const;
/** Of /proc/self/uid_map, in a user namespace that is the machine's own. */
const WHOLE_MACHINE = /^\s*0\s+0\s+4294967295$/m;

/**
 * Why no cluster of real nodes can be had in this process, in words for a person; undefined if one can. Starts one node
 * and runs one container on it, in 2 seconds: what is missing on a machine shows only then. Needs the wrapper.
 */
export async function whyNoInstall(): Promise<string | undefined> {
  const packages = nodePackages();
  const reason = process.env["HAWSER_NO_INSTALL"] || (whyNoParts() ?? whyNoCluster(NODE_PROGRAMS));
  if (reason !== undefined) return reason;
  return packages === undefined
    ? "Debian's containerd, runc and CNI plug-ins are not there: run npm run test:cluster, which downloads them"
    : whyNoContainer(packages);
}

/** Why this machine can have no real nodes, as far as one sees it from outside of the wrapper too. */
export function whyNoParts(): string | undefined {
  if (process.getuid?.() !== 0 || !WHOLE_MACHINE.test(readFileSync("/proc/self/uid_map", "utf8"))) {
    return "real containers need the machine's root";
  }
  const missing = Object.entries(commands).filter(([name]) => spawnSync(name, ["--version"]).error !== undefined);
  if (missing.length > 0) return `missing programs: apt-get install ${missing.map(([, name]) => name).join(" ")}`;
  return whyNoControlGroups();
}

async function whyNoContainer(packages: NodePackages): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-install-"));
  await using rack = await Rack.build({ nodes: 1 });
  const groups = await ControlGroups.open();
  const node = new RealNode({ host: rack.host("n1"), directory, groups, packages, number: 1, nodes: 1 });
  try {
    await node.start();
    await node.ctr(["images", "import", await writePauseImage(directory)]);
    await node.ctr(["run", "--rm", `--memory-limit=${64 << 20}`, PAUSE_IMAGE, "try", "/pause", "end"]);
    return undefined;
  } catch (error) {
    return `no container runs here: ${(error as Error).message}`;
  } finally {
    await node.kill();
    await groups.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
