import type { Host } from "#lab/rack/host.ts";

/** Without a program of its own, because twenty of them would take a while. */
const READ_METRICS = "exec 3<>/dev/tcp/127.0.0.1/9121; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";

/** The metrics of the speaker on a node, after the head of the answer; empty where it does not answer. */
export async function readMetrics(node: Host): Promise<string> {
  return (await node.run(["bash", "-c", READ_METRICS])).stdout;
}
