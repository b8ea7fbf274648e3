import type { RequestClient } from "./filtered-request.ts";
import type { AccessDecision } from "./access-control.ts";
import type { EngineContext } from "./context.ts";
import type { ForwardDecision, LackingDecision } from "./decide-request.ts";
import { QuestionedHead } from "./questioned-head.ts";
import type { ReceivedRequest } from "./request-head.ts";

const PASS: AccessDecision = { kind: "pass", grant: undefined };

/** Whether a request may come in that no filter has answered; at once where nothing has to be asked. */
export function askAccess(
  decision: ForwardDecision | LackingDecision,
  { bytes, head }: Pick<ReceivedRequest, "bytes" | "head">,
  { access }: Pick<EngineContext, "access">,
  client: RequestClient,
): AccessDecision | Promise<AccessDecision> {
  const { rule, path } = decision;
  const { auth } = rule.filters;
  if (auth === undefined) return PASS;
  const backendHost = decision.kind === "lacking" ? decision.backendHost : decision.backend.host;
  return access.decide(auth, new QuestionedHead(bytes, head, { client, path, backendHost }));
}
