import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { Reference } from "./reference.ts";

/** A requested address, and what is said of it. */
interface Saying {
  readonly each: Ip;
  readonly message: string;
}

/** Whether what a plan says of a Service that lacks something is so: by its reason, and by who or what its message names. */
export function isTrueReason(
  reference: Reference,
  one: Service,
  { reason, message }: { readonly reason: string; readonly message: string },
): boolean {
  const { pools } = reference;
  const asked = reference.asked(one);
  const requested = one.requestedAddresses.flatMap((each) => reference.poolOf(each) ?? []);
  const concerned = [...asked, ...requested];
  const isFull = (each: Pool): boolean =>
    each.quotaPerNamespace !== undefined && reference.heldIn(one.namespace, each).size + 1 >= each.quotaPerNamespace;
  switch (reason) {
    case "NoPoolConfigured":
      return pools.length === 0 || asked.length === 0;
    case "RequestedPoolUnknown":
      return one.requestedPool?.split(",").some((name) => !pools.some((each) => each.name === name)) === true;
    case "RequestedAddressNotInPool":
      return refused(reference, one).some(
        (each) => isSaidOf(each, message) && isNotInPool(reference, one, { each, message }),
      );
    case "RequestedAddressInUse":
      return refused(reference, one).some(
        (each) => isSaidOf(each, message) && isInUse(reference, one, { each, message }),
      );
    case "PoolNotForService":
      return concerned.some((each) => !reference.serves(each, one));
    case "PoolDisabled":
      return concerned.some((each) => each.isDisabled);
    case "QuotaExceeded":
      return concerned.some(isFull);
    case "PoolExhausted":
      return asked.some((each) => reference.serves(each, one) && !each.isDisabled);
    case "FamilyUnavailable":
      return one.families.some(
        (family) =>
          !asked.some((each) => reference.serves(each, one) && each.ranges.some((range) => range.family === family)),
      );
    case "AddressNotReleased":
      return reference
        .held(one)
        .filter((each) => includesIp(one.addressesToRelease, each))
        .some(({ family, value }) => {
          const isAsked = includesIp(one.requestedAddresses, { family, value });
          return isAsked || !reference.couldServe(one, family);
        });
    case "AddressOrphaned":
      return reference.held(one).some((each) => reference.poolOf(each) === undefined);
    default:
      return false;
  }
}

/** What the Service asks for and does not have. */
function refused(reference: Reference, one: Service): readonly Ip[] {
  return one.requestedAddresses.filter((each) => !includesIp(reference.held(one), each));
}

function isSaidOf(each: Ip, message: string): boolean {
  return (
    message.includes(`requested address ${printIp(each)} `) || message.includes(`requested address ${printIp(each)}:`)
  );
}

/** Which pools there are, and what of them is not assigned. */
function isNotInPool(reference: Reference, one: Service, { each, message }: Saying): boolean {
  const pool = reference.poolOf(each);
  if (pool === undefined) return message.includes("no pool contains it");
  const { name } = pool;
  const names = one.requestedPool?.split(",") ?? [name];
  if (!names.includes(name)) return message.includes(`it is in pool "${name}", not in the requested pool`);
  if (avoids(pool, each)) return message.includes(`pool "${name}" has avoid-buggy-ips`);
  return pool.excluded.some((range) => rangeContains(range, each)) && message.includes(`pool "${name}" excludes it`);
}

/** Who has the address, and why the Service may not have it beside that one. */
function isInUse(reference: Reference, one: Service, { each, message }: Saying): boolean {
  const { hostAddresses, resting, services } = reference.before;
  const within = reference.poolOf(each);
  if (within === undefined) return false;
  const text = printIp(each);
  if (message.includes("is kept for the Service that had it last")) {
    const isHeld = reference.sharers(one, each).length > 0;
    return within.restMs === Infinity && resting.has(text) && !reference.isItsOwn(one, each) && !isHeld;
  }
  const [, holder = "", why = ""] = /belongs to (.+?), and (.+?)\. /.exec(message) ?? [];
  const host = hostAddresses.get(text);
  if (host !== undefined && holder === host.owner) return why === "no Service can have it";
  const other = services.get(holder);
  if (other === undefined) return false;
  if (why.startsWith("it is in spec.externalIPs")) return other !== one && includesIp(other.externalIps, each);
  // What it gives up itself counts until that is written, and what another program wrote.
  if (why === "it cannot be shared now")
    return (
      [other, ...services.values()].some((any) => includesIp(any.assignedAddresses, each)) && isClosed(reference, each)
    );
  // What it gives up in this plan it has until that is written.
  const has = [...reference.held(other), ...reference.closes(other)];
  return other !== one && includesIp(has, each) && whyNotShared(one, other, why);
}

function isClosed(reference: Reference, each: Ip): boolean {
  return [...reference.before.services.values()].some((any) => {
    const isForeign = !reference.isOurs(any) && includesIp(any.assignedAddresses, each);
    return isForeign || includesIp(reference.closes(any), each);
  });
}

function whyNotShared(one: Service, other: Service, why: string): boolean {
  const [keys, ports] = [[one.sharingKey, other.sharingKey], [one, other].map(portsOf)];
  if (why.startsWith("they do not share")) return keys.includes("");
  if (why.startsWith("their sharing keys differ")) return keys[0] !== keys[1];
  if (why.startsWith("with externalTrafficPolicy Local"))
    return [one, other].some(({ externalTrafficPolicy }) => externalTrafficPolicy === "Local");
  const [, port = ""] = /^both use the port (.+)$/.exec(why) ?? [];
  return ports.every((all) => all.includes(port));
}

function portsOf({ ports }: Service): readonly string[] {
  return ports.map(({ protocol, port }) => `${protocol}/${port}`);
}
