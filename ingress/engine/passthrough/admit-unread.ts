import type { OpenRequest } from "#src/filters/client-limits.ts";
import type { FilterState } from "#src/filters/filter-state.ts";
import { isBlocked } from "#src/filters/is-blocked.ts";
import { limitClient } from "#src/filters/limit-client.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import type { Rule } from "#src/routing/rule.ts";
import { clientIp } from "#ingress/engine/client-ip.ts";
import type { PassthroughResult } from "#ingress/engine/counters.ts";

/** Why a connection may not come in; or the mark that it is open, where connections of its client are counted. */
type UnreadAdmission =
  | { readonly ok: false; readonly reason: Exclude<PassthroughResult, "passed"> }
  | { readonly ok: true; readonly open: OpenRequest | undefined };

/** Asks of a connection what of a rule can be asked without reading it: from where its client comes, and how many others it has open. */
export function admitUnread(
  { filters }: Rule,
  connection: { readonly remoteAddress: string },
  context: FilterState & { readonly blocked: BlockedRequests | undefined },
): UnreadAdmission {
  let open: OpenRequest | undefined;
  const client = {
    clientIp: clientIp(connection),
    clientAddress: connection.remoteAddress,
    holdOpen: (mark: OpenRequest): void => void (open = mark),
  };
  const { sources, snippetSources, clientLimits } = filters;
  const { blocked } = context;
  // Of what requests say nothing is seen.
  if (blocked !== undefined && isBlocked(blocked, { clientIp: () => client.clientIp, valuesOf: () => [] }))
    return { ok: false, reason: "blocked" };
  const refused =
    (sources && checkSource(sources, client)) ??
    (snippetSources && checkSource(snippetSources, client)) ??
    (clientLimits && limitClient(clientLimits, client, context));
  return refused === undefined ? { ok: true, open } : { ok: false, reason: refused.reason ?? "address-not-allowed" };
}
