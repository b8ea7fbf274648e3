import { REST_MS } from "#src/assignment/pool-space.ts";
import { whyUnserved } from "#src/assignment/why-unserved.ts";
import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { type ForbiddenAddress, whyForbidden } from "#src/model/forbidden-address.ts";
import { keyOf } from "#src/model/object.ts";
import { findRange, type Pool } from "#src/model/pool.ts";
import { settingOf } from "#src/model/setting-of.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import { closedBy, type PoolClosure } from "./closed-by.ts";
import { explainConfig } from "./explain-config.ts";
import type { ExplainContext } from "./explain-context.ts";
import type { ReadService } from "./explain-object.ts";
import { explainSeenOnWire } from "./explain-wire.ts";
import { badStep, type ExplainStep, listNames, okStep, timeText, unknownStep } from "./explain-step.ts";

/** An address that none of our Services has: whose it is, in which pool, and whether it can be assigned. */
export function explainFreeAddress(context: ExplainContext, ip: Ip): readonly ExplainStep[] {
  const forbidden = whyForbidden(ip, context.hostAddresses);
  const steps =
    forbidden === undefined
      ? [explainPool(context, ip), explainUse(context, ip)]
      : [explainForbidden(context, ip, forbidden)];
  return [explainConfig(context), ...steps, ...explainSeenOnWire(context, ip), ...explainLeftOver(context, ip)];
}

function explainForbidden({ pools }: ExplainContext, ip: Ip, { use }: ForbiddenAddress): ExplainStep {
  const pool = findRange(pools, ip)?.pool.name;
  return badStep("address", {
    reason: "AddressUnusable",
    text: `${printIp(ip)}: it is ${use}, and no Service can have it${pool === undefined ? "" : `. The pool "${pool}" contains it and skips it`}.`,
    fix: pool === undefined ? "Use another address." : "Take it out of the pool, and use another address.",
  });
}

function explainPool(context: ExplainContext, ip: Ip): ExplainStep {
  const text = printIp(ip);
  if (!context.hasConfig)
    return unknownStep("pool", { text: `${text}: which pool contains it cannot be known without the configuration.` });
  const pool = findRange(context.pools, ip)?.pool;
  const reason = "RequestedAddressNotInPool";
  const other = pool === undefined ? findRange(context.unserved, ip)?.pool : undefined;
  if (other !== undefined) {
    const { is, fix } = whyUnserved(other);
    return badStep("pool", {
      reason,
      text: `${text}: it is in the pool "${other.name}", which is ${is}.`,
      fix: `${fix}.`,
    });
  }
  if (pool === undefined)
    return badStep("pool", {
      reason,
      text: `${text}: no pool contains it.`,
      fix: "To have Hawser assign it, add it to a pool.",
    });
  const closed = closedBy(context, pool, ip);
  if (closed !== undefined) return badStep("pool", { reason, ...CLOSED[closed](text, pool) });
  const auto = pool.autoAssign
    ? ""
    : `, which assigns only to Services that ask for it (${settingOf(pool, "auto-assign")}: false)`;
  return okStep("pool", { text: `${text}: it is in the pool "${pool.name}"${auto}.` });
}

const CLOSED: Readonly<Record<PoolClosure, (ip: string, pool: Pool) => Pick<ExplainStep, "text" | "fix">>> = {
  excluded: (ip, pool) => ({
    text: `${ip}: the pool "${pool.name}" contains it and excludes it.`,
    fix: `To have it assigned, take it out of ${settingOf(pool, "excluded-addresses")} of the pool.`,
  }),
  avoided: (ip, pool) => ({
    text: `${ip}: the pool "${pool.name}" contains it, but has ${settingOf(pool, "avoid-buggy-ips")}, and it ends in 0 or 255.`,
    fix: `To have it assigned, remove ${settingOf(pool, "avoid-buggy-ips")} from the pool.`,
  }),
  network: (ip, { name }) => ({
    text: `${ip}: the pool "${name}" contains it, but a network of the nodes keeps it for itself.`,
    fix: "Use another address.",
  }),
};

function explainUse(context: ExplainContext, ip: Ip): ExplainStep {
  const text = printIp(ip);
  if (context.input.services === undefined)
    return unknownStep("address", { text: `${text}: which Service has it cannot be known: Services may not be read.` });
  const holders = context.services.filter(({ object }) => includesIp(addressesHeldBy(object), ip));
  if (holders.length > 0) {
    const said = holders.map((one) => `${keyOf(one.object.metadata)} has it${howHeld(one, ip)}`);
    return okStep("address", { text: `${text}: ${listNames(said)}. Hawser assigns it to no other Service.` });
  }
  const due = [...(context.assignments ?? [])].find(([, { addresses }]) => includesIp(addresses, ip));
  if (due !== undefined) {
    const what = `the controller is to assign it to ${due[0]}, and has not written it yet`;
    return unknownStep("address", { text: `${text}: ${what}.`, fix: `Ask hawser explain ${due[0]}.` });
  }
  const pool = findRange(context.pools, ip)?.pool;
  const restMs = pool?.restMs ?? REST_MS;
  const rest = restOf(context, text, restMs);
  if (rest !== undefined) {
    const when = `${text}: no Service has it. It was released at ${timeText(rest.at, context.input.nowMs)}`;
    const kept = `is kept for ${rest.service === "" ? "the Service that had it" : `Service ${rest.service}, which had it`}`;
    const resting = `rests for ${restMs / 1_000}s: until then a Service that does not request it gets it only where no other address is free`;
    return okStep("address", {
      reason: "AddressReleased",
      text: `${when} and ${restMs === Infinity ? kept : resting}.`,
    });
  }
  const isAssignable = pool !== undefined && closedBy(context, pool, ip) === undefined;
  return okStep("address", {
    text: `${text}: no Service has it${isAssignable ? ", so it is free" : ""}.`,
    fix: isAssignable
      ? `To give it to a Service, request it there with the annotation hawser.dev/load-balancer-ips: "${text}".`
      : "",
  });
}

/** How a Service has an address that Hawser did not give it, as the end of a sentence. */
function howHeld({ read }: ReadService, ip: Ip): string {
  if (!read.ok) return ", and cannot be read";
  const { externalIps, type, loadBalancerClass } = read.value;
  if (includesIp(externalIps, ip)) return " in spec.externalIPs";
  if (type !== "LoadBalancer") return ` in its status, as a Service of type ${type}`;
  return loadBalancerClass === undefined ? " in its status" : ` as a Service of the class "${loadBalancerClass}"`;
}

/** When it was released, in ISO 8601, and by which Service, if that is so short ago that it rests; empty: one that is not known. */
function restOf(
  { input, resting }: ExplainContext,
  ip: string,
  restMs: number,
): { readonly at: string; readonly service: string } | undefined {
  const { nowMs } = input;
  const rest = resting.get(ip);
  if (rest !== undefined && nowMs - rest.sinceMs < restMs)
    return { at: new Date(rest.sinceMs).toISOString(), service: rest.service };
  // The history is written some seconds after the Event.
  const isOfIt = (message: string): boolean => message.startsWith(`${ip}:`);
  const event = input.events?.findLast(({ reason, message }) => reason === "AddressReleased" && isOfIt(message));
  return event !== undefined && nowMs - Date.parse(event.time) < restMs ? { at: event.time, service: "" } : undefined;
}

/** A node that still announces what no Service has; nothing where none does. */
function explainLeftOver({ speakers }: ExplainContext, ip: Ip): readonly ExplainStep[] {
  const owners = speakers.ownersOf(printIp(ip)).map(({ node }) => node);
  if (owners.length === 0) return [];
  const text = `${printIp(ip)}: ${listNames(owners)} still announces it, as its last report says.`;
  return [unknownStep("owner", { text, fix: "Wait some seconds, and ask again." })];
}
