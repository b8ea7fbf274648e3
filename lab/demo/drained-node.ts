import { HeldConnections } from "#lab/probes/held-connections.ts";
import { lostWhile } from "#lab/probes/lost-while.ts";
import { Prober } from "#lab/probes/prober.ts";
import { ECHO_PORT, ownerOf, type Stage } from "./stage.ts";
import { askHawser } from "./ask-hawser.ts";

const CONNECTIONS = 20;
/** A second of probes: a connection that lives was answered in it. */
const SECOND_OF_PROBES = 500;

/** A node is taken out of service by a person while clients are connected. */
export async function drainedNode({ rack, world, teller }: Stage, ip: string): Promise<void> {
  const node = await ownerOf({ rack, world }, ip);
  teller.chapter(`hawser drain ${node}: a node is taken out of service while clients are connected`);
  teller.explain(
    `The client holds ${CONNECTIONS} TCP connections open through the address and talks on each of them. With --keep-connections the node that ` +
      "takes over sends on what it does not know to the node that had the address before.",
  );
  const [held, prober] = await Promise.all([
    HeldConnections.open(rack.client, { target: ip, port: ECHO_PORT, count: CONNECTIONS }),
    Prober.start(rack.client, { mode: "udp", target: ip, port: ECHO_PORT, everyMs: 2 }),
  ]);
  await prober.waitForGood(SECOND_OF_PROBES / 5);
  const { lost } = await lostWhile(
    prober,
    SECOND_OF_PROBES,
    async () => teller.show(await askHawser(world, ["drain", node])),
    // The addresses stay where they are.
    () => askHawser(world, ["drain", node, "--undo"]),
  );
  const [{ alive, count }, successor] = await Promise.all([held.close(), ownerOf({ rack, world }, ip)]);
  teller.found(`${alive} of ${count} connections live on, ${lost} probes lost; ${successor} has taken over`, {
    event: "drain",
    from: node,
    to: successor,
    alive,
    connections: count,
    lost,
  });
}
