import { mustRun } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { INGRESS, ownerOf, patient, type Stage } from "./stage.ts";

/** Sends a datagram from an address: the machine asks for its neighbor with that as its own, as one does that was just set up. */
const SPEAK = `
const socket = require("node:dgram").createSocket("udp4");
const [, address, target] = process.argv;
socket.bind(0, address, () => socket.send("x", 9, target, () => socket.close()));
`;

/** Another machine takes the address; resolves with what ends that. */
export async function otherMachine({ rack, world, teller }: Stage, ip: string): Promise<() => Promise<void>> {
  const { router, client } = rack;
  const node = await ownerOf({ rack, world }, ip);
  teller.chapter(`Another machine takes the address: ${ip} is set on the router, too`);
  const change = async (what: "add" | "del"): Promise<void> =>
    void (await mustRun(`${what} ${ip}`, router.inside(["ip", "address", what, `${ip}/32`, "dev", "eth0"])));
  await change("add");
  const speak = [process.execPath, "-e", SPEAK, ip, client.ipv4];
  const isReported = async (): Promise<string | undefined> => {
    await router.flushNeighbors();
    await router.run(speak);
    const conditions = await world.conditions(INGRESS);
    return conditions.find(({ message }) => message.includes(router.mac))?.message;
  };
  const message = await until("the other machine is reported", isReported, patient);
  // It defends the address, so that the client comes back to it.
  const owner = await ownerOf({ rack, world }, ip);
  teller.found(`the Service says so: ${message}`, { event: "conflict", mac: router.mac, node, message });
  teller.found(`${owner} answers the other machine, and the client is with ${owner} again`, {
    event: "defended",
    owner,
  });
  return async () => change("del");
}
