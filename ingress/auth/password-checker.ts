import { createHmac, randomBytes } from "node:crypto";
import type { BasicCredentials } from "#src/auth/basic-credentials.ts";
import { comparisonFor, type PasswordList } from "#src/auth/password-list.ts";
import { FairShare } from "#src/collections/fair-share.ts";
import type { PasswordThread } from "./password-thread.ts";
import { RecentMap } from "#src/collections/recent-map.ts";

/** `busy`: it could not be found out, because too many others are compared now, or because of a fault of our own. */
export type PasswordVerdict = "right" | "wrong" | "busy";

/** Passwords that wait for their comparison, all together. */
const MAX_WAITING = 64;
/** Verdicts that are kept. Each right one takes a password that is right; wrong ones can be made up, so they have a bound of their own. */
const MAX_RIGHT = 8_192;
const MAX_WRONG = 1_024;

/**
 * Finds out whether passwords are right. What was found is kept under a keyed hash of name, password and what is stored of
 * it: the next request does not wait, a changed Secret counts at once, and no password is kept.
 */
export class PasswordChecker {
  readonly #thread: Pick<PasswordThread, "compare">;
  readonly #key = randomBytes(32);
  readonly #right = new RecentMap<true>(MAX_RIGHT);
  readonly #wrong = new RecentMap<true>(MAX_WRONG);
  /** Comparisons under way: requests with the same password wait for one. */
  readonly #waiting = new Map<string, Promise<PasswordVerdict>>();
  readonly #places = new FairShare(MAX_WAITING);

  constructor(thread: Pick<PasswordThread, "compare">) {
    this.#thread = thread;
  }

  /** At once where the verdict is known, or where there are too many who wait. Never rejects. `client`: its address. */
  check(list: PasswordList, credentials: BasicCredentials, client: string): PasswordVerdict | Promise<PasswordVerdict> {
    const { hashes, isKnown } = comparisonFor(list, credentials.user);
    const [first] = hashes;
    if (first === undefined) return "wrong";
    const key = this.#keyOf(first.text, isKnown, credentials);
    if (this.#right.get(key) === true) return "right";
    if (this.#wrong.get(key) === true) return "wrong";
    const same = this.#waiting.get(key);
    if (same !== undefined) return same;
    if (!this.#places.hasPlaceFor(client)) return "busy";
    const verdict = this.#compare({ key, client, isKnown }, { hashes, password: credentials.password });
    this.#waiting.set(key, verdict);
    return verdict;
  }

  async #compare(
    { key, client, isKnown }: { readonly key: string; readonly client: string; readonly isKnown: boolean },
    job: Parameters<PasswordThread["compare"]>[0],
  ): Promise<PasswordVerdict> {
    this.#places.enter(client);
    try {
      const isRight = (await this.#thread.compare(job)) && isKnown;
      if (isRight) this.#right.set(key, true);
      else this.#wrong.set(key, true);
      return isRight ? "right" : "wrong";
    } catch {
      return "busy";
    } finally {
      this.#waiting.delete(key);
      this.#places.leave(client);
    }
  }

  #keyOf(stored: string, isKnown: boolean, { user, password }: BasicCredentials): string {
    const hmac = createHmac("sha256", this.#key);
    // Neither a stored hash nor a name holds a NUL.
    hmac.update(`${isKnown ? "known" : "unknown"}\0${stored}\0${user}\0`, "latin1");
    return hmac.update(password).digest("latin1");
  }
}
