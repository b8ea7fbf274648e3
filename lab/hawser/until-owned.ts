import type { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

/** The nodes whose speakers say that they answer for an address. */
export type Announcers = (ip: string) => readonly string[] | Promise<readonly string[]>;

/** Resolves with the owner once the client has learnt its MAC, by ARP or NDP, and exactly that node says it announces. */
export function untilOwned(rack: Rack, ip: string, announcers: Announcers): Promise<string> {
  return until(
    `exactly one node announces ${ip} and the client knows it`,
    async () => {
      const [owner, ...others] = await announcers(ip);
      if (owner === undefined || others.length > 0) return undefined;
      await rack.client.run(["bash", "-c", `echo > /dev/udp/${ip}/9`]);
      const neighbor = await rack.client.neighbor(ip);
      return neighbor?.mac === rack.host(owner).mac && owner;
    },
    { timeoutMs: 30_000 },
  );
}
