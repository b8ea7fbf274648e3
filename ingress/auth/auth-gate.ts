import { type AuthVerdict, verdictOf } from "#src/auth/auth-verdict.ts";
import type { BasicAuth } from "#src/auth/basic-auth.ts";
import { readBasicCredentials } from "#src/auth/basic-credentials.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import type { QuestionHeaders } from "#src/auth/parse-question-headers.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import { signInLocation } from "#src/auth/sign-in-location.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import type { AccessControl, AccessDecision, AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import { accessGrant } from "#ingress/engine/access-grant.ts";
import type { ExternalAuthorizer, ExternalOutcome } from "./external-authorizer.ts";
import { FairShare } from "#src/collections/fair-share.ts";
import type { PasswordChecker, PasswordVerdict } from "./password-checker.ts";

/** Requests that wait at once for what becomes of them: each is kept with what came of its body. */
const MAX_WAITING = 1_024;

type Decided = AccessDecision | Promise<AccessDecision>;

const PASS: AccessDecision = { kind: "pass", grant: undefined };
const BUSY = refusal(503, "access-busy");

/** Lets in who shows what rules ask for: an address, name and password, or what a service says yes to. */
export class AuthGate implements AccessControl {
  readonly #passwords: Pick<PasswordChecker, "check">;
  readonly #external: Pick<ExternalAuthorizer, "ask">;
  #lists: ReadonlyMap<string, PasswordList> = new Map();
  #headers: ReadonlyMap<string, QuestionHeaders> = new Map();
  readonly #waitingOfNamespaces = new FairShare(MAX_WAITING);
  readonly #waitingOfClients = new FairShare(MAX_WAITING);

  constructor(passwords: Pick<PasswordChecker, "check">, external: Pick<ExternalAuthorizer, "ask">) {
    this.#passwords = passwords;
    this.#external = external;
  }

  /** Names and passwords from now on, by `passwordKey`. A Secret that is not among them lets in none. */
  useLists(lists: ReadonlyMap<string, PasswordList>): void {
    this.#lists = lists;
  }

  /** Header fields of questions from now on, by the ConfigMap that names them. What is to be asked with others lets none in. */
  useHeaders(headers: ReadonlyMap<string, QuestionHeaders>): void {
    this.#headers = headers;
  }

  /** Whether the Secret of a rule is there and can be read. */
  knows(basic: BasicAuth): boolean {
    return this.#lists.has(passwordKey(basic));
  }

  decide(policy: AuthPolicy, request: AccessRequest): Decided {
    const { namespace, sources, satisfy } = policy;
    // An address that is not denied is not one that is allowed.
    const isKnown = satisfy === "any" && sources?.allowed !== undefined && checkSource(sources, request) === undefined;
    if (isKnown) return passUnasked(policy);
    const { remoteAddress: client } = request;
    if (!this.#waitingOfNamespaces.hasPlaceFor(namespace) || !this.#waitingOfClients.hasPlaceFor(client)) return BUSY;
    const decided = this.#ask(policy, request);
    return decided instanceof Promise ? this.#waitFor(decided, namespace, client) : decided;
  }

  #ask(policy: AuthPolicy, request: AccessRequest): Decided {
    const { basic, external, satisfy } = policy;
    const isAny = satisfy === "any";
    // What the request says is read now: it is gone when the first of them is decided.
    const byPassword = basic && this.#checkPassword(basic, request);
    const ask = external && this.#question(external, request);
    if (byPassword === undefined) return ask === undefined ? PASS : ask();
    if (ask === undefined) return byPassword;
    const next = (first: AccessDecision): Decided => {
      if (!isAny) return first.kind === "pass" ? ask() : first;
      return first.kind === "pass" ? passUnasked(policy) : after(ask(), (second) => either(first, second));
    };
    return after(byPassword, next);
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

  #checkPassword(basic: BasicAuth, request: AccessRequest): Decided {
    const list = this.#lists.get(passwordKey(basic));
    if (list === undefined) return refusal(503, "closed-secret");
    const values = request.valuesOf("authorization");
    // Of two, the endpoint could take the other one.
    const credentials = values.length === 1 ? readBasicCredentials(values[0]!) : undefined;
    if (credentials === undefined) return wrongPassword(basic);
    const verdict = this.#passwords.check(list, credentials, request.remoteAddress);
    return verdict instanceof Promise ? verdict.then((found) => byPassword(found, basic)) : byPassword(verdict, basic);
  }

  /** Asks the service when it is called, about the request as it is now. */
  #question(external: ExternalAuth, request: AccessRequest): () => Decided {
    const location = external.signIn && signInLocation(external.signIn, request);
    const kept = request.kept();
    const headers = external.setHeaders === undefined ? [] : this.#headers.get(external.setHeaders);
    if (headers === undefined) return () => refusal(503, "closed-headers");
    return () =>
      after(this.#external.ask(external, kept, headers), (outcome) => byService(outcome, external, location));
  }
}

/** Of a request that comes in without a question to the service: what only that may write, the client's own does not pass. */
function passUnasked({ external }: AuthPolicy): AccessDecision {
  const { responseHeaders: removes = [] } = external ?? {};
  if (removes.length === 0) return PASS;
  return { kind: "pass", grant: accessGrant({ fields: [], cookies: [], removes, alwaysSetsCookie: false }) };
}

/** What comes of a result, at once where that is there. */
function after<T>(result: T | Promise<T>, use: (result: T) => Decided): Decided {
  return result instanceof Promise ? later(result, use) : use(result);
}

async function later<T>(result: Promise<T>, use: (result: T) => Decided): Promise<AccessDecision> {
  return use(await result);
}

/** Of two refusals the one that says how to come in, as in nginx. */
function either(first: AccessDecision, second: AccessDecision): AccessDecision {
  if (first.kind === "pass" || second.kind === "pass") return second;
  return first.status === 401 && second.status !== 302 ? first : second;
}

function byPassword(verdict: PasswordVerdict, basic: BasicAuth): AccessDecision {
  if (verdict === "right") return PASS;
  return verdict === "wrong" ? wrongPassword(basic) : BUSY;
}

function wrongPassword({ realm }: BasicAuth): AccessRefusal {
  const quoted = realm.replaceAll(/["\\]/g, String.raw`\$&`);
  return refusal(401, "unauthorized", [["WWW-Authenticate", `Basic realm="${quoted}"`]]);
}

function byService(outcome: ExternalOutcome, external: ExternalAuth, location: string | undefined): AccessDecision {
  switch (outcome.kind) {
    case "answer":
      return byVerdict(verdictOf(outcome.answer, external.responseHeaders), external, location);
    case "busy":
      return BUSY;
    case "timeout":
      return refusal(503, "access-timeout");
    case "unreachable":
      return refusal(500, "auth-unreachable");
    default:
      return refusal(500, "auth-failed");
  }
}

function byVerdict(verdict: AuthVerdict, external: ExternalAuth, location: string | undefined): AccessDecision {
  if (verdict.kind === "fail") return refusal(500, "auth-failed");
  const { responseHeaders, alwaysSetsCookie } = external;
  if (verdict.kind === "pass")
    return { kind: "pass", grant: accessGrant({ ...verdict, removes: responseHeaders, alwaysSetsCookie }) };
  const cookies = verdict.cookies.map((value) => ["Set-Cookie", value] as const);
  if (verdict.status === 401 && location !== undefined)
    return { kind: "answer", status: 302, cause: { location, fields: cookies } };
  const kept = alwaysSetsCookie ? cookies : [];
  if (verdict.status === 403) return refusal(403, "auth-denied", kept);
  const challenges = verdict.challenges.map((value) => ["WWW-Authenticate", value] as const);
  return refusal(401, "unauthorized", [...challenges, ...kept]);
}

function refusal(
  status: AccessRefusal["status"],
  reason: NonNullable<AccessRefusal["cause"]["reason"]>,
  fields: AccessRefusal["cause"]["fields"] = [],
): AccessRefusal {
  return { kind: "answer", status, cause: { reason, fields } };
}
