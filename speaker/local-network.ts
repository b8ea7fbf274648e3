import type { ForbiddenReason } from "#src/model/forbidden-address.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import type { MachineAddress } from "#src/model/member-record.ts";
import { NO_ROUTES, type Routes } from "#src/linux/routes.ts";
import { isAddressHolder } from "./address-holder.ts";

/** What this machine's own links and routes say of addresses. */
export class LocalNetwork {
  #links: ReadonlyMap<number, Link> = new Map();
  #routes: Routes = NO_ROUTES;
  #forbidden: ReadonlyMap<string, ForbiddenReason> = new Map();
  #held: ReadonlySet<string> = new Set();

  setLinks(links: ReadonlyMap<number, Link>): void {
    this.#links = links;
    this.#held = new Set([...links.values()].flatMap(({ addresses }) => addresses.map(({ ip }) => printIp(ip))));
    this.#forbidden = forbiddenBy(links, this.#routes);
  }

  setRoutes(routes: Routes): void {
    this.#routes = routes;
    this.#forbidden = forbiddenBy(this.#links, routes);
  }

  /** All links of this machine. */
  get links(): Iterable<Link> {
    return this.#links.values();
  }

  /**
   * The addresses of this machine, each once with the first of its interfaces that has it: a node may have the same one
   * on the interface of each pod. Those that are reserved by their bits are known to all.
   */
  get addresses(): readonly MachineAddress[] {
    const found = new Map<string, MachineAddress>();
    for (const link of [...this.#links.values()].sort((left, right) => left.index - right.index))
      for (const { ip, prefixLength } of isAddressHolder(link) ? [] : link.addresses)
        if (reservedUse(ip) === undefined && !found.has(printIp(ip)))
          found.set(printIp(ip), { ip, prefixLength, interfaceName: link.name });
    return [...found.values()];
  }

  /** Whether any interface has the address, one without a wire included. */
  hasAddress(ip: Ip): boolean {
    return this.#held.has(printIp(ip));
  }

  /** Next hops of the default routes. */
  get gateways(): readonly Ip[] {
    return this.#routes.gateways;
  }

  /** The addresses that this machine knows are never announced, by canonical text; the same map until one changes. */
  get forbidden(): ReadonlyMap<string, ForbiddenReason> {
    return this.#forbidden;
  }
}

function forbiddenBy(links: ReadonlyMap<number, Link>, { gateways }: Routes): ReadonlyMap<string, ForbiddenReason> {
  const forbidden = new Map<string, ForbiddenReason>(gateways.map((ip) => [printIp(ip), "GatewayAddress"]));
  for (const link of links.values())
    if (!isAddressHolder(link)) for (const { ip } of link.addresses) forbidden.set(printIp(ip), "MemberAddress");
  return forbidden;
}
