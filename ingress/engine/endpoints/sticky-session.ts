import type { EndpointGroup } from "#src/balancing/endpoint-group.ts";
import { hashText } from "#src/balancing/hash-text.ts";
import type { PolicyRequest } from "#src/balancing/policy.ts";
import { highestScore } from "#src/balancing/highest-score.ts";
import { newSessionId, parseSessionCookie, printSessionCookie, sessionTag } from "#src/balancing/session-cookie.ts";
import type { Affinity } from "#src/routing/balancing.ts";
import type { Backend } from "#src/routing/route-table.ts";
import { endpointIds } from "./endpoint-ids.ts";

/** New ids that are tried for one whose endpoint is not the one that failed. */
const MAX_NEW_IDS = 64;

/** Keeps the requests of one client at one endpoint, by what its cookie says. */
export class StickySession {
  readonly #affinity: Affinity;
  readonly #backend: Backend;
  /** Undefined: the client has no cookie for this backend. */
  readonly #id: string | undefined;
  #newId: string | undefined;
  #isRetry = false;

  /** `cookie`: the value that the client sent. A forged one, or one for another backend, is none. */
  constructor(affinity: Affinity, backend: Backend, cookie: string | undefined) {
    const session = parseSessionCookie(cookie);
    this.#affinity = affinity;
    this.#backend = backend;
    this.#id = session?.tag === sessionTag(backend.key) ? session.id : undefined;
  }

  /** The value of the cookie that the client is to have from now on; undefined: it keeps what it has. */
  get newValue(): string | undefined {
    return this.#newId && printSessionCookie({ id: this.#newId, tag: sessionTag(this.#backend.key) });
  }

  /** The index of the endpoint for this try; `pickOther` picks one for a client without session. */
  pick(
    { group, among }: { readonly group: EndpointGroup; readonly among: readonly number[] },
    request: PolicyRequest,
    pickOther: () => number,
  ): number {
    const mayChange = this.#id === undefined || (this.#isRetry && this.#affinity.changesOnFailure);
    this.#isRetry = true;
    return this.#affinity.mode === "persistent"
      ? this.#pickPersistent(among, mayChange, pickOther)
      : this.#pickBalanced({ group, among }, mayChange ? request : undefined);
  }

  #pickPersistent(among: readonly number[], mayChange: boolean, pickOther: () => number): number {
    const { ids, indexes } = endpointIds(this.#backend.endpoints);
    const index = this.#id === undefined ? undefined : indexes.get(this.#id);
    if (index !== undefined && among.includes(index)) return index;
    const other = pickOther();
    // A client whose endpoint only fails comes back to it, unless it is to change.
    if (mayChange || index === undefined || this.#affinity.changesOnFailure) this.#newId = ids[other];
    return other;
  }

  #pickBalanced(
    { group, among }: { readonly group: EndpointGroup; readonly among: readonly number[] },
    asNew: PolicyRequest | undefined,
  ): number {
    const request = { hash: 0, nowMs: 0, turn: 0, chance: () => 0, ...asNew };
    const pickBy = (id: string, from: readonly number[]): number =>
      highestScore(group, from, { ...request, hash: hashText(id) });
    if (asNew === undefined) return pickBy(this.#id ?? "", among);
    // An id whose endpoint is among those that may be picked, so that the next request goes there, too.
    for (let count = 0; count < MAX_NEW_IDS; count++) {
      this.#newId = newSessionId(asNew.chance);
      if (among.length === group.all.length || among.includes(pickBy(this.#newId, group.all))) break;
    }
    return pickBy(this.#newId ?? "", among);
  }
}
