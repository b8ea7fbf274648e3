import { untilOwned } from "#lab/hawser/until-owned.ts";
import type { Rack } from "#lab/rack/rack.ts";
import type { Teller } from "./teller.ts";
import type { DemoWorld } from "./world.ts";

/** Everything the story happens on. */
export interface Stage {
  readonly rack: Rack;
  readonly world: DemoWorld;
  readonly teller: Teller;
}

/** The port of the echo Service, of UDP and TCP. */
export const ECHO_PORT = 9000;
/** The Service of the ingress, whose address the story is about. */
export const INGRESS = "hawser-system/hawser-ingress";
/** Waits end on their condition; this bounds them on a machine that is busy. */
export const patient = { timeoutMs: 60_000 };

/** Resolves with the node that announces the address, once the client knows it. */
export function ownerOf({ rack, world }: Pick<Stage, "rack" | "world">, ip: string): Promise<string> {
  return untilOwned(rack, ip, (address) => world.announcers(address));
}
