// The namespaces a rack lives in: private network, mount and pid namespaces, and a user namespace where we are not root.
// Plain JavaScript: the start script uses it before the project's own Node is there.
import { spawnSync } from "node:child_process";

const prepare = [
  "set -e",
  "mount -t tmpfs tmpfs /run",
  "mkdir -p /run/netns",
  "mount -t sysfs sysfs /sys 2>/dev/null || true",
  "ip link set lo up",
  "export HAWSER_RACK=1",
  "set +e",
  '"$@"',
  "exit $?",
].join("\n");

// The first shell becomes unshare, so its process id is the one by which a person enters the namespaces from outside.
const start = 'export HAWSER_RACK_ENTER="nsenter -t $$ $1"; shift; exec "$@"';

/** The command line that runs `command` inside fresh namespaces; all of it dies when this process dies. */
export function wrapped(command) {
  const isRoot = process.getuid() === 0;
  const enter = isRoot ? "--mount --net" : "--user --preserve-credentials --mount --net";
  const namespaces = [...(isRoot ? [] : ["--user", "--map-root-user"]), "--net", "--mount", "--pid"];
  const unshare = ["unshare", ...namespaces, "--fork", "--kill-child", "--mount-proc"];
  const tied = ["setpriv", "--pdeathsig", "KILL", "--", ...unshare, "sh", "-c", prepare, "sh", ...command];
  return ["sh", "-c", start, "sh", enter, ...tied];
}

/** Why no rack can be built here, in words for a person; undefined if one can. */
export function whyNoRack() {
  const [file, ...args] = wrapped([
    "sh",
    "-c",
    "ip netns add probe && ip netns exec probe nft list ruleset && ip netns del probe",
  ]);
  const probe = spawnSync(file, args, { encoding: "utf8" });
  if (probe.error !== undefined) return `cannot run ${file}: ${probe.error.message}`;
  if (probe.status === 0) return undefined;
  const said = probe.stderr.trim().split("\n").at(-1) ?? "";
  const hint =
    process.getuid() === 0
      ? "root lacks CAP_SYS_ADMIN or CAP_NET_ADMIN here"
      : "unprivileged user namespaces are forbidden here (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, or AppArmor)";
  return `${said || "no word from unshare"}; ${hint}`;
}
