import type { AddressHistory } from "#src/model/address-history.ts";
import { parseAddressTexts } from "#src/model/print-addresses.ts";
import type { AddressView, ServiceView } from "#src/view/view-services.ts";

/** One address of one Service, or a Service without an address. */
export interface AddressRow {
  readonly key: string;
  /** `namespace/name`. */
  readonly service: string;
  /** Empty: the Service has none. */
  readonly ip: string;
  /** Empty where no pool contains it. */
  readonly pool: string;
  /** Hawser assigned it, and no pool contains it any longer. */
  readonly orphaned: boolean;
  /** The nodes that announce it, with commas between them; empty where none does; null where that is not known. */
  readonly owner: string | null;
  /** False where only the last report of its owner says so. */
  readonly certain: boolean;
  /** Since when its owner has announced it, in ISO 8601, and the cause; empty where that is not known. */
  readonly ownerSince: string;
  readonly ownerCause: string;
  /** How many nodes would take it over, and the first of them; null where that is not known. */
  readonly spares: { readonly count: number; readonly first: readonly string[] } | null;
  readonly endpoints: { readonly ready: number; readonly all: number } | null;
  readonly reason: string;
  readonly message: string;
  /** Since when the reason holds, in ISO 8601; empty where that is not known. */
  readonly since: string;
  readonly served: boolean;
}

/** Names of spares in a row: a rack of 1,000 nodes would make each row 10 KB long. */
const SPARES_NAMED = 3;

/** The addresses of all Services, in the order of the Services. */
export function addressRows(services: readonly ServiceView[], history: AddressHistory): readonly AddressRow[] {
  const gains = gainsOf(services, history);
  return services.flatMap((service) =>
    service.addresses.length === 0
      ? [rowOf(service, undefined, gains)]
      : service.addresses.map((address) => rowOf(service, address, gains)),
  );
}

function rowOf(one: ServiceView, address: AddressView | undefined, gains: Gains): AddressRow {
  const { service, endpoints, reason, message, since, served } = one;
  const ip = address?.ip ?? "";
  const owner = address === undefined ? "" : (address.owner ?? (address.certain ? "" : null));
  const gain = gains.get(ip);
  const isGained = gain !== undefined && gain.node === owner;
  return {
    key: `${service} ${ip}`,
    service,
    ip,
    pool: address?.pool ?? "",
    orphaned: address?.orphaned === true,
    owner,
    certain: address?.certain ?? true,
    ownerSince: isGained ? gain.at : "",
    ownerCause: isGained ? gain.cause : "",
    spares:
      address === undefined
        ? { count: 0, first: [] }
        : address.spares === undefined
          ? null
          : { count: address.spares.length, first: address.spares.slice(0, SPARES_NAMED) },
    endpoints: endpoints ?? null,
    reason,
    message,
    since,
    served,
  };
}

/** Who began to announce an address last. */
type Gains = ReadonlyMap<string, { readonly at: string; readonly node: string; readonly cause: string }>;

/** The last gain of each address that a Service has. */
function gainsOf(services: readonly ServiceView[], { announcements }: AddressHistory): Gains {
  const wanted = new Set(services.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)));
  const gains = new Map<string, { at: string; node: string; cause: string }>();
  for (const { at, change, node, cause, addresses } of announcements) {
    if (change !== "announced") continue;
    for (const ip of parseAddressTexts(addresses))
      if (wanted.has(ip) && !gains.has(ip)) gains.set(ip, { at, node, cause });
  }
  return gains;
}
