import { isBlocked } from "#src/filters/is-blocked.ts";
import { printNetworkSet } from "#src/model/network-set.ts";
import { hostOf } from "#src/routing/host.ts";
import { isKnownHost } from "#src/routing/route.ts";
import { badStep, okStep, unknownStep } from "./explain-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";

/** What ingress-nginx's ConfigMap blocks, which goes before all else; nothing where it blocks nothing. */
export function explainBlocked({ seen, question, request }: UrlContext): readonly UrlStep[] {
  const blocked = seen.input.nginxConfig?.blocked;
  if (blocked === undefined) return [];
  const { networks, userAgents, referers } = blocked;
  const asked = [
    ...(networks === undefined ? [] : [`block-cidrs ${printNetworkSet(networks)}`]),
    ...(userAgents.length === 0 ? [] : ["block-user-agents"]),
    ...(referers.length === 0 ? [] : ["block-referers"]),
  ].join("; ");
  const { status, why, fix } = REFUSAL_TEXTS.blocked;
  const valuesOf = (name: string) => request.valuesOf(name);
  // An address that is not known is not looked at here.
  const isKnown = question.client !== undefined || networks === undefined;
  const compared = isKnown ? blocked : { ...blocked, networks: undefined };
  if (isBlocked(compared, { clientIp: () => question.client, valuesOf })) {
    const text = `${asked}: the request is answered ${status}: ${why}.`;
    return [refusedStep("filter", "blocked", { text, fix })];
  }
  if (isKnown) return [{ step: okStep("filter", { text: `${asked}: the request is not blocked.` }) }];
  const text = `${asked}: whether the client is blocked depends on its address.`;
  return [{ step: unknownStep("filter", { text, fix: "Give the address of the client with --client ADDRESS." }) }];
}

/** A TLS handshake that ingress-nginx's ConfigMap has rejected; nothing where the client gets one. */
export function explainRejected({ seen, question }: UrlContext): readonly UrlStep[] {
  if (!question.isSecure || seen.input.nginxConfig?.program.rejectsUnknownHosts !== true) return [];
  const host = hostOf(question.authority) ?? "";
  if (isKnownHost(seen.table, host)) return [];
  const text = `ssl-reject-handshake: no rule has the host ${host}, so the client gets no TLS handshake.`;
  const fix = "Add the host to an Ingress, or remove ssl-reject-handshake.";
  return [{ step: badStep("listener", { reason: "", text, fix }), answer: {} }];
}

/** The fields of all requests to endpoints, and of all answers, by the ConfigMaps that ingress-nginx's names. */
export function explainFieldsOfAll({ seen }: UrlContext, steps: readonly UrlStep[]): readonly UrlStep[] {
  const { setHeaders, addHeaders } = seen.input.nginxConfig ?? {};
  const isForwarded = steps.some(({ answer }) => answer?.service !== undefined);
  return [
    ...(setHeaders === undefined || !isForwarded
      ? []
      : [`proxy-set-headers ${setHeaders}: the endpoint gets the fields that this ConfigMap names.`]),
    ...(addHeaders === undefined
      ? []
      : [`add-headers ${addHeaders}: the answer has the fields that this ConfigMap names.`]),
  ].map((text) => ({ step: okStep("filter", { text }) }));
}
