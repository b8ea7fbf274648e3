import type { Host } from "#lab/rack/host.ts";

/** Prints the metrics of the speaker on a node; without a program of its own, because twenty of them would take a while. */
const READ_METRICS = "exec 3<>/dev/tcp/127.0.0.1/9121; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";

/** Heartbeats of a speaker since it started. */
export interface HeartbeatCounts {
  readonly sent: number;
  readonly received: number;
}

/** Asks the speaker on a node for its counts. Throws if it does not answer. */
export async function heartbeatCounts(node: Host): Promise<HeartbeatCounts> {
  const { stdout } = await node.run(["bash", "-c", READ_METRICS]);
  const sum = (metric: string): number => {
    const values = [...stdout.matchAll(new RegExp(`^${metric}\\{.*\\} (\\d+)$`, "gm"))];
    return values.reduce((total, [, value]) => total + Number(value), 0);
  };
  const counts = {
    sent: sum("hawser_speaker_heartbeats_sent_total"),
    received: sum("hawser_speaker_heartbeats_received_total"),
  };
  if (counts.sent === 0) throw new Error(`the speaker on ${node.name} has sent no heartbeat, or does not answer`);
  return counts;
}
