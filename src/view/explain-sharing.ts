import { type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { type ExplainStep, listNames, okStep } from "./explain-step.ts";

/** With which Services one shares its addresses, and by which key. */
export function explainSharing(context: ExplainContext, service: Service): readonly ExplainStep[] {
  const { sharingKey, assignedAddresses } = service;
  if (sharingKey === "") {
    if (assignedAddresses.length === 0) return [];
    return [okStep("sharing", { text: "It shares its address with no Service: it has no sharing key." })];
  }
  const others = assignedAddresses.map((ip) => ({ ip, keys: othersOn(context, service, ip) }));
  const texts = others.map(({ ip, keys }) =>
    keys.length === 0 ? `no other Service has ${printIp(ip)}` : `it shares ${printIp(ip)} with ${listNames(keys)}`,
  );
  const what = texts.length === 0 ? "it has no address yet" : texts.join("; ");
  return [okStep("sharing", { text: `Its sharing key is "${sharingKey}": ${what}.` })];
}

function othersOn(context: ExplainContext, { key }: Service, ip: Ip): readonly string[] {
  return context.usersOf(ip).flatMap((one) => (one.key === key ? [] : one.key));
}
