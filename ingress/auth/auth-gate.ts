import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import { FairShare } from "#src/collections/fair-share.ts";
import type { AccessControl, AccessDecision, AccessRequest } from "#ingress/engine/access-control.ts";
import type { AccessStep } from "./access-step.ts";
import { allOf } from "./all-of.ts";

/** Requests that wait at once for what becomes of them: each is kept with what came of its body. */
const MAX_WAITING = 1_024;

/** Lets in who takes all steps. */
export class AuthGate implements AccessControl {
  readonly #steps: AccessStep;
  readonly #waitingOfNamespaces = new FairShare(MAX_WAITING);
  readonly #waitingOfClients = new FairShare(MAX_WAITING);

  constructor(steps: readonly AccessStep[]) {
    this.#steps = allOf(steps);
  }

  decide(policy: AuthPolicy, request: AccessRequest): AccessDecision | Promise<AccessDecision> {
    const { namespace } = policy;
    const { remoteAddress: client } = request;
    const mayWait = this.#waitingOfNamespaces.hasPlaceFor(namespace) && this.#waitingOfClients.hasPlaceFor(client);
    const decided = this.#steps.decide(policy, request, { claims: undefined, mayWait });
    return decided instanceof Promise ? this.#waitFor(decided, namespace, client) : decided;
  }

  async #waitFor(decided: Promise<AccessDecision>, namespace: string, client: string): Promise<AccessDecision> {
    this.#waitingOfNamespaces.enter(namespace);
    this.#waitingOfClients.enter(client);
    try {
      return await decided;
    } finally {
      this.#waitingOfNamespaces.leave(namespace);
      this.#waitingOfClients.leave(client);
    }
  }
}
