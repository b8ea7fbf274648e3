import type { AuthPolicy, BasicAuth } from "#src/auth/auth-policy.ts";
import { readBasicCredentials } from "#src/auth/basic-credentials.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { AccessControl, AccessDecision, AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import type { PasswordChecker, PasswordVerdict } from "./password-checker.ts";

/** Requests that wait at once for what becomes of them: each is kept with what came of its body. */
const MAX_WAITING = 1_024;

const PASS: AccessDecision = { kind: "pass" };
const BUSY: AccessRefusal = { kind: "answer", status: 503, cause: { reason: "access-busy" } };
const CLOSED: AccessRefusal = { kind: "answer", status: 503, cause: { reason: "closed-secret" } };

/** Asks for name and password, as the Secrets of this moment have them. */
export class AuthGate implements AccessControl {
  readonly #passwords: Pick<PasswordChecker, "check">;
  #lists: ReadonlyMap<string, PasswordList> = new Map();
  #waiting = 0;

  constructor(passwords: Pick<PasswordChecker, "check">) {
    this.#passwords = passwords;
  }

  /** Names and passwords from now on, by `passwordKey`. A Secret that is not among them lets in none. */
  useLists(lists: ReadonlyMap<string, PasswordList>): void {
    this.#lists = lists;
  }

  /** Whether the Secret of a rule is there and can be read. */
  knows(basic: BasicAuth): boolean {
    return this.#lists.has(passwordKey(basic));
  }

  decide({ basic }: AuthPolicy, request: AccessRequest): AccessDecision | Promise<AccessDecision> {
    const list = this.#lists.get(passwordKey(basic));
    if (list === undefined) return CLOSED;
    const values = request.valuesOf("authorization");
    // Of two, the endpoint could take the other one.
    const credentials = values.length === 1 ? readBasicCredentials(values[0]!) : undefined;
    if (credentials === undefined) return unauthorized(basic);
    if (this.#waiting >= MAX_WAITING) return BUSY;
    const verdict = this.#passwords.check(list, credentials);
    return verdict instanceof Promise ? this.#await(verdict, basic) : decisionOf(verdict, basic);
  }

  async #await(verdict: Promise<PasswordVerdict>, basic: BasicAuth): Promise<AccessDecision> {
    this.#waiting += 1;
    const found = await verdict;
    this.#waiting -= 1;
    return decisionOf(found, basic);
  }
}

function decisionOf(verdict: PasswordVerdict, basic: BasicAuth): AccessDecision {
  if (verdict === "right") return PASS;
  return verdict === "wrong" ? unauthorized(basic) : BUSY;
}

function unauthorized({ realm }: BasicAuth): AccessRefusal {
  const quoted = realm.replaceAll(/["\\]/g, String.raw`\$&`);
  const fields = [["WWW-Authenticate", `Basic realm="${quoted}"`]] as const;
  return { kind: "answer", status: 401, cause: { reason: "unauthorized", fields } };
}
