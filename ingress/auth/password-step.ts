import type { BasicAuth } from "#src/auth/basic-auth.ts";
import { readBasicCredentials } from "#src/auth/basic-credentials.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import { type AccessStep, PASSED, type StepDecision, type StepOutcome } from "./access-step.ts";
import type { PasswordChecker, PasswordVerdict } from "./password-checker.ts";
import { BUSY, refusal } from "./refusal.ts";

/** Lets in requests with a name and password of the Secret that their rule names. */
export class PasswordStep implements AccessStep {
  readonly #passwords: Pick<PasswordChecker, "check">;
  #lists: ReadonlyMap<string, PasswordList> = new Map();

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

  decide({ basic }: AuthPolicy, request: AccessRequest): StepOutcome {
    if (basic === undefined) return PASSED;
    const list = this.#lists.get(passwordKey(basic));
    if (list === undefined) return refusal(503, "closed-secret");
    const values = request.valuesOf("authorization");
    // Of two, the endpoint could take the other one.
    const credentials = values.length === 1 ? readBasicCredentials(values[0]!) : undefined;
    if (credentials === undefined) return wrongPassword(basic);
    const verdict = this.#passwords.check(list, credentials, request.remoteAddress);
    return verdict instanceof Promise ? verdict.then((found) => byPassword(found, basic)) : byPassword(verdict, basic);
  }
}

function byPassword(verdict: PasswordVerdict, basic: BasicAuth): StepDecision {
  if (verdict === "right") return PASSED;
  return verdict === "wrong" ? wrongPassword(basic) : BUSY;
}

function wrongPassword({ realm }: BasicAuth): AccessRefusal {
  const quoted = realm.replaceAll(/["\\]/g, String.raw`\$&`);
  return refusal(401, "unauthorized", [["WWW-Authenticate", `Basic realm="${quoted}"`]]);
}
