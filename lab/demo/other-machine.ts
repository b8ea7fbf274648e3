import type { ReportedProblem } from "#lab/hawser/installation.ts";
import type { Rack } from "#lab/rack/rack.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { INGRESS, ownerOf, patient, type Stage } from "./stage.ts";
import type { Condition } from "./world.ts";

/** For what takes some seconds anyway: ten looks a second take next to nothing of the CPU. */
const rarely = { ...patient, everyMs: 100 };

/** Sends a datagram from an address: the machine asks for its neighbor with that as its own, as one does that was just set up. */
const SPEAK = `
const socket = require("node:dgram").createSocket("udp4");
const [, address, target] = process.argv;
socket.bind(0, address, () => socket.send("x", 9, target, () => socket.close()));
`;

/** Another machine takes the address; resolves, when its speaker has seen that, with what tells the rest and ends it. */
export async function otherMachine(stage: Stage, ip: string): Promise<() => Promise<void>> {
  const { rack, world, teller } = stage;
  const { router } = rack;
  const node = await ownerOf(stage, ip);
  teller.chapter(`Another machine takes the address: ${ip} is set on the router, too`);
  const change = async (what: "add" | "del"): Promise<void> =>
    void (await mustRun(`${what} ${ip}`, router.inside(["ip", "address", what, `${ip}/32`, "dev", "eth0"])));
  await change("add");
  await until(`the client takes the router for ${ip}`, () => hasMoved(rack, ip), patient);
  teller.explain(
    `The client sends to the router now. The speaker on ${node} goes on asking for the address for a few seconds: until then it could be a handover between nodes.`,
  );
  const isSeen = async (): Promise<ReportedProblem | undefined> =>
    (await world.problemsOf(node)).find(
      ({ code, why }) => code === "ADDRESS_HAS_TWO_OWNERS" && why.includes(router.mac),
    );
  const { what } = await until(`${node} reports the other machine`, isSeen, rarely);
  teller.found(`it reports: ${what}`, { event: "conflict", mac: router.mac, node, what });
  // It defends the address, so that the client comes back to it.
  const owner = await ownerOf(stage, ip);
  teller.found(`${owner} answers the other machine, and the client is with ${owner} again`, {
    event: "defended",
    owner,
  });
  return async () => {
    await toldByService(stage, router.mac);
    await change("del");
  };
}

/** The Service says so too, but only ten seconds later: the story goes on with other chapters until then. */
async function toldByService({ world, teller }: Stage, mac: string): Promise<void> {
  teller.chapter("What the Service says of the other machine, once that has lasted for ten seconds");
  const isSaid = async (): Promise<Condition | undefined> =>
    (await world.conditions(INGRESS)).find(({ message }) => message.includes(mac));
  const { reason, message } = await until("the Service says so", isSaid, rarely);
  teller.found(`${INGRESS}: ${reason}: ${message}`, { event: "said", service: INGRESS, reason, message });
}

/** The router speaks from the address, once: from then on the speakers ask it, and its kernel answers. True if the client believes it. */
async function hasMoved({ router, client }: Rack, ip: string): Promise<boolean> {
  await router.flushNeighbors();
  await router.run([process.execPath, "-e", SPEAK, ip, client.ipv4]);
  return (await client.neighbor(ip))?.mac === router.mac;
}
