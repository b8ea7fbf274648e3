import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RunningCli, startCommand } from "#test/cli/run-cli.ts";
import { pathOf, UnpackedImage } from "./unpack.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/image.js", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};
/** What a registry and a node with a slow line can bear. */
const MAX_BYTES = 60_000_000;
const SLOW = 240_000;
const USER = 65_532;

/** A container can be had without a container runtime where we may make namespaces: as `npm test` runs us. */
const hasNamespaces = process.env["HAWSER_RACK"] === "1";
/** As a plain user we have one user id to give away, and it is called root. */
const isMapped = process.env["HAWSER_RACK_ENTER"]?.includes("--user") === true;
if (!hasNamespaces) console.log("skipped in part, no namespaces: the programs of the image do not run");

const POOLS = `apiVersion: v1
kind: ConfigMap
metadata: { namespace: hawser-system, name: hawser }
data:
  config: |
    address-pools:
    - { name: default, protocol: layer2, addresses: [192.0.2.200-192.0.2.220] }
`;
const SPEAKER = ["--node", "n1", "--heartbeat-key-file", "/data/heartbeat.key"];

/** A container's view: a root of its own that cannot be written to, a network of its own, /proc, and a folder for data. */
const CONTAINER = [
  "set -e",
  "ip link set lo up",
  "ip link add eth0 type veth peer name eth1",
  "ip link set eth0 up && ip link set eth1 up",
  "ip address add 192.0.2.10/24 dev eth0",
  'mount --bind "$1" "$1"',
  'mount -t tmpfs -o mode=1777 tmpfs "$1/data"',
  'cp -r "$2/." "$1/data" && chmod -R a+rX "$1/data"',
  'mount --rbind /proc "$1/proc"',
  'mount -o remount,bind,ro "$1"',
  'root=$1; user=$3; shift 3; exec chroot $user "$root" "$@"',
].join("\n");

describe("the image", () => {
  let directory: string;
  let archive: string;
  let image: UnpackedImage;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-image-"));
    archive = join(directory, "image.tar");
    const again = join(directory, "again.tar");
    // Both at once: nearly all of the time is the compression of Node.
    const built = [archive, again].map(async (file) => startCommand(process.execPath, [SCRIPT, "--out", file]).ended);
    for (const { code, stderr } of await Promise.all(built)) expect({ code, stderr }).toMatchObject({ code: 0 });
    image = new UnpackedImage(archive, directory);
    image.layDown();
  }, SLOW);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("is the same, byte by byte, when it is built again", () => {
    expect(sha256(join(directory, "again.tar"))).toBe(sha256(archive));
  });

  it("is small enough for a slow line", () => {
    expect(statSync(archive).size).toBeLessThan(MAX_BYTES);
  });

  it("has the name by which the manifests of config/ ask for it", () => {
    expect(image.names).toEqual([
      `localhost/hawser:${version}`,
      expect.stringMatching(new RegExp(`^localhost/hawser:${version}-[0-9a-f]{10}$`)),
    ]);
    expect(image.config.config.Labels["org.opencontainers.image.version"]).toBe(version);
    expect(image.docker.RepoTags).toEqual(image.names);
    expect(image.docker.Layers).toEqual(image.layers.map(pathOf));
  });

  it("O13 is named by install/, by the tag that changes with its content", () => {
    for (const way of ["deployment-loadbalancer", "daemonset-hostnetwork", "deployment-nodeport"]) {
      const text = readFileSync(new URL(`../../install/${way}/kustomization.yaml`, import.meta.url), "utf8");
      const { images } = parse(text) as { images: readonly { name: string; newTag: string }[] };
      expect(images.map(({ name, newTag }) => `${name}:${newTag}`)).toEqual([image.names[1]]);
    }
  });

  it("runs as nobody, and starts the hawser command", () => {
    expect(image.config.config).toMatchObject({ User: `${USER}:${USER}`, Entrypoint: ["/usr/bin/hawser"] });
    expect(readFileSync(join(image.root, "etc/passwd"), "utf8")).toContain(`hawser:x:${USER}:${USER}:`);
  });

  it("is made alike by the Containerfile", () => {
    const text = readFileSync(new URL("../../Containerfile", import.meta.url), "utf8");
    const { User, Env, Entrypoint, Cmd, Labels } = image.config.config;
    const says = [`USER ${User}`, `ENTRYPOINT ${JSON.stringify(Entrypoint)}`, `CMD ${JSON.stringify(Cmd)}`];
    expect(text.split("\n")).toEqual(expect.arrayContaining([...says, ...Env.map((one) => `ENV ${one}`)]));
    for (const [name, value] of Object.entries(Labels)) expect(text).toContain(`${name}="${value}"`);
    expect(text).toContain(`--tag ${image.names[0]} `);
  });

  it("holds the licence of each npm package that is in its programs", () => {
    for (const name of ["pino", "prom-client", "yaml", "ipaddr.js", "bcryptjs", "node", "hawser"])
      expect(statSync(join(image.root, `usr/share/licenses/${name}/LICENSE`)).size, name).toBeGreaterThan(500);
  });

  describe.skipIf(!hasNamespaces)("in a container with a root that cannot be written to", () => {
    /** Starts a program; `data` is a folder that it finds as /data. As root only where a manifest says so too. */
    function start(args: readonly string[], { data = directory, asRoot = false } = {}): RunningCli {
      for (const name of ["proc", "data"]) mkdirSync(join(image.root, name), { recursive: true });
      const user = asRoot || isMapped ? "" : `--userspec=${USER}:${USER}`;
      const view = ["--mount", "--net", "--propagation", "private", "sh", "-c", CONTAINER, "sh"];
      const command = [...image.config.config.Entrypoint, ...args];
      const running = startCommand("unshare", [...view, image.root, data, user, ...command]);
      onTestFinished(async () => {
        running.child.kill("SIGKILL");
        await running.ended;
      });
      return running;
    }

    function folder(name: string, files: Readonly<Record<string, string>>): string {
      const path = join(directory, name);
      mkdirSync(path);
      for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
      return path;
    }

    it("prints its version and loads the native module", { timeout: SLOW }, async () => {
      const { code, stdout, stderr } = await start(["version"], { data: folder("none", {}) }).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(`hawser ${version}\n`);
      expect(stdout).toContain("native module: loads");
    });

    it("O11 says where the demo can be run, and that it is not here", { timeout: SLOW }, async () => {
      const { code, stdout, stderr } = await start(["demo"], { data: folder("no-demo", {}) }).ended;
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^hawser demo: it is not part of this installation\. .*npm run demo\n$/);
    });

    it.each([
      { program: "controller", port: 9120, metric: "hawser_pool_addresses", args: [] },
      {
        program: "ingress",
        port: 10_254,
        metric: "hawser_ingress_",
        args: ["--http-port", "8080", "--https-port", "8443"],
      },
      { program: "speaker", port: 9121, metric: "hawser_speaker_", args: SPEAKER, asRoot: true },
    ])("runs the $program until it is ready, as one process", { timeout: SLOW }, async (given) => {
      const { program, port, metric, args, asRoot = false } = given;
      const data = folder(program, { "pools.yaml": POOLS, "heartbeat.key": "k".repeat(44) });
      const running = start([program, "--manifests", "/data", "--admin-port", `${port}`, ...args], { data, asRoot });
      await running.says(/"msg":"ready"/);

      const metrics = await scrape(running, port);
      for (const name of [metric, "process_cpu_seconds_total", "hawser_build_info"]) expect(metrics).toContain(name);
      const command = readFileSync(`/proc/${running.child.pid}/cmdline`, "utf8").split("\0");
      expect(command.slice(1, 3)).toEqual(["/usr/bin/hawser", program]);
      expect(readFileSync(`/proc/${running.child.pid}/task/${running.child.pid}/children`, "utf8")).toBe("");
      const status = readFileSync(`/proc/${running.child.pid}/status`, "utf8");
      expect(status).toMatch(asRoot || isMapped ? /^Uid:\t0/m : new RegExp(`^Uid:\\t${USER}\\t`, "m"));
    });
  });
});

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** The metrics of a program, asked from within its network. */
async function scrape({ child }: RunningCli, port: number): Promise<string> {
  const get = `process.stdout.write(await (await fetch("http://127.0.0.1:${port}/metrics")).text())`;
  const inside = ["--target", `${child.pid}`, "--net", process.execPath, "--input-type=module", "--eval", get];
  return (await startCommand("nsenter", inside).ended).stdout;
}
