import type { Host } from "#lab/rack/host.ts";
import { readMetrics } from "./read-metrics.ts";

/** Heartbeats of a speaker since it started. */
export interface HeartbeatCounts {
  readonly sent: number;
  readonly received: number;
}

/** Asks the speaker on a node for its counts. Throws if it does not answer. */
export async function heartbeatCounts(node: Host): Promise<HeartbeatCounts> {
  const metrics = await readMetrics(node);
  const sum = (metric: string): number => {
    const values = [...metrics.matchAll(new RegExp(`^${metric}\\{.*\\} (\\d+)$`, "gm"))];
    return values.reduce((total, [, value]) => total + Number(value), 0);
  };
  const counts = {
    sent: sum("hawser_speaker_heartbeats_sent_total"),
    received: sum("hawser_speaker_heartbeats_received_total"),
  };
  if (counts.sent === 0) throw new Error(`the speaker on ${node.name} has sent no heartbeat, or does not answer`);
  return counts;
}
