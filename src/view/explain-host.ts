import { parseIngress } from "#src/model/ingress.ts";
import { keyOf } from "#src/model/object.ts";
import { recordOf, recordsOf, textOf } from "#src/model/record.ts";
import { portTextOf } from "#src/model/port-text-of.ts";
import { hostOf } from "#src/routing/host.ts";
import { hostEntryFor } from "#src/routing/route.ts";
import { badStep, type ExplainStep, listNames, okStep, unknownStep } from "./explain-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";

/** The listener that the request comes to. */
export function explainListener({ question }: UrlContext): ExplainStep {
  const { isSecure, authority } = question;
  const [scheme, usual, option] = isSecure ? ["https", "443", "--https-port"] : ["http", "80", "--http-port"];
  const port = portTextOf(authority) || usual;
  const text = `The port for ${scheme.toUpperCase()} of the ingress (${option}) has it.`;
  if (port === usual) return okStep("listener", { text });
  return unknownStep("listener", {
    text: `${text} ${port} is not its usual number: whether the port leads there depends on what is in front of the ingress.`,
  });
}

/** What the Ingress says of its addresses; nothing where no Ingress has the request. */
export function explainAddress({ seen, rule }: UrlContext): readonly ExplainStep[] {
  const object = rule && seen.served.get(rule.origin.object)?.object;
  if (rule === undefined || object === undefined) return [];
  const status = recordsOf(recordOf(recordOf(object["status"])["loadBalancer"])["ingress"]);
  const addresses = status.map(({ ip, hostname }) => textOf(ip) || textOf(hostname)).filter((text) => text !== "");
  const name = `The status of the Ingress "${rule.origin.object}"`;
  const [first] = addresses;
  if (first === undefined)
    return [
      unknownStep("address", {
        text: `${name} has no address, so where clients reach the ingress cannot be seen from here.`,
      }),
    ];
  const look = `hawser explain ${first} says which node announces it.`;
  return [okStep("address", { text: `${name} has ${listNames(addresses)}. ${look}` })];
}

/** Whose rules have the requests for the host. */
export function explainHost({ seen, question, decision, rule }: UrlContext): ExplainStep {
  const host = hostOf(question.hostField);
  if (host === undefined) {
    const { why, fix } = REFUSAL_TEXTS["bad-host"];
    const text = `The request for "${question.hostField}" is answered 400: ${why}.`;
    return badStep("host", { reason: "bad-host", text, fix });
  }
  const entry = hostEntryFor(seen.table, host);
  if (entry === undefined && rule !== undefined)
    return okStep("host", { text: `No Ingress has the host ${host}, and none is for all hosts.` });
  if (entry === undefined) {
    const text = `No Ingress that is served has the host ${host} or a wildcard for it, and none is for all hosts: the request is answered 404.${otherClass(seen, host)}`;
    const fix = `Add the host to an Ingress of the class "${seen.input.scope.className}". hawser routes shows the hosts that there are.`;
    return badStep("host", { reason: decision.kind === "refuse" ? decision.reason : "", text, fix });
  }
  return okStep("host", { text: whose(entry, host) });
}

function whose(entry: string, host: string): string {
  if (entry === host) return `Ingresses have the host ${host}.`;
  if (entry === "") return `No Ingress has the host ${host}: the rules for all hosts have its requests.`;
  if (entry.startsWith("*.") && host.endsWith(entry.slice(1)))
    return `No Ingress has the host ${host} itself: the rules of ${entry} have its requests.`;
  return `${host} is a further name of ${entry} (server-alias), whose rules have its requests.`;
}

/** Ingresses that name a host, and are of a class that is not served. */
function otherClass({ input, served }: UrlContext["seen"], host: string): string {
  const found = (input.ingresses ?? []).filter((object) => {
    if (served.has(keyOf(object.metadata))) return false;
    const read = parseIngress(object);
    return read.ok && read.value.rules.some((rule) => rule.host === host);
  });
  if (found.length === 0) return "";
  const names = listNames(found.map(({ metadata }) => `"${keyOf(metadata)}"`));
  return ` The host is in ${names}, whose class is not served (--ingress-class, --controller-class).`;
}
