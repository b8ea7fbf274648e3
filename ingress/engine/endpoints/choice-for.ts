import type { RouteDecision } from "#src/routing/route.ts";
import type { RequestClient } from "#ingress/engine/filtered-request.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { EndpointChoice } from "./endpoint-choice.ts";
import type { HashedRequest } from "./hash-of-request.ts";

/** How the endpoint of a request is chosen; undefined: in turns, and nothing has to be known of the request. */
export function choiceFor(
  { balancing, backend, path }: Extract<RouteDecision, { kind: "forward" }>,
  { bytes, head }: Pick<HashedRequest, "bytes" | "head">,
  context: EngineContext,
  { remoteAddress: clientAddress, isSecure }: Pick<RequestClient, "remoteAddress" | "isSecure">,
): EndpointChoice | undefined {
  if (balancing === undefined) return undefined;
  const texts = context.requestTexts.useBytes(bytes);
  return new EndpointChoice(balancing, { bytes, head, texts, backend, path, clientAddress, isSecure }, context);
}
