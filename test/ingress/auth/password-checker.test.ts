import { describe, expect, it } from "vitest";
import { PasswordChecker } from "#ingress/auth/password-checker.ts";
import { passwordThread } from "#ingress/auth/password-thread.ts";
import { readPasswordHash, type PasswordHash } from "#src/auth/password-hash.ts";
import { passwordList, type PasswordList } from "#src/auth/password-list.ts";

const APR1 = "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio.";
const BCRYPT = "$2y$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS";

function list(users: Readonly<Record<string, string>>): PasswordList {
  return passwordList(
    new Map(Object.entries(users).map(([user, text]) => [user, readPasswordHash(text) as PasswordHash])),
  );
}

const CLIENT = "10.0.0.1";
const credentials = (user: string, password: string) => ({ user, password: Buffer.from(password) });

/** A thread that takes its time: comparisons end when the test says so. */
function heldThread() {
  const jobs: { readonly password: string; end(isRight: boolean): void; fail(): void }[] = [];
  return {
    jobs,
    compare({ password }: { readonly password: Uint8Array }) {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      jobs.push({ password: Buffer.from(password).toString(), end: resolve, fail: () => reject(new Error("gone")) });
      return promise;
    },
  };
}

describe("PasswordChecker", () => {
  it("compares in a thread of its own, and knows the verdict from then on", async () => {
    const thread = passwordThread();
    const checker = new PasswordChecker(thread);
    const users = list({ alice: BCRYPT });
    const asked = [
      { user: "alice", password: "correct horse", verdict: "right" },
      { user: "alice", password: "correct horsf", verdict: "wrong" },
      { user: "bob", password: "correct horse", verdict: "wrong" },
    ];
    for (const { user, password, verdict } of asked) {
      const first = checker.check(users, credentials(user, password), CLIENT);
      expect(first).toBeInstanceOf(Promise);
      expect(await first).toBe(verdict);
      expect(checker.check(users, credentials(user, password), CLIENT)).toBe(verdict);
    }
    await thread.close();
  });

  it("begins a thread again after one that is gone", async () => {
    const thread = passwordThread();
    const job = { hashes: [readPasswordHash(APR1) as PasswordHash], password: Buffer.from("correct horse") };
    expect(await thread.compare(job)).toBe(true);
    await thread.close();
    expect(await thread.compare(job)).toBe(true);
    await thread.close();
  });

  it("compares again after the stored password has changed, also back", async () => {
    const thread = heldThread();
    const checker = new PasswordChecker(thread);
    const alice = credentials("alice", "p");
    for (const [text, isRight] of [
      [APR1, true],
      [BCRYPT, false],
    ] as const) {
      const verdict = checker.check(list({ alice: text }), alice, CLIENT);
      thread.jobs.at(-1)!.end(isRight);
      expect(await verdict).toBe(isRight ? "right" : "wrong");
    }
    expect(checker.check(list({ alice: APR1 }), alice, CLIENT)).toBe("right");
    expect(checker.check(list({ bob: APR1 }), alice, CLIENT)).toBeInstanceOf(Promise);
  });

  it("never lets in a name that is not in the list, though the password is that of the hash it was compared with", async () => {
    const thread = heldThread();
    const verdict = new PasswordChecker(thread).check(list({ alice: APR1 }), credentials("bob", "p"), CLIENT);
    thread.jobs[0]!.end(true);
    expect(await verdict).toBe("wrong");
  });

  it("compares once for requests that come with the same password together", async () => {
    const thread = heldThread();
    const checker = new PasswordChecker(thread);
    const verdicts = [1, 2, 3].map(() => checker.check(list({ alice: APR1 }), credentials("alice", "p"), CLIENT));
    expect(thread.jobs).toHaveLength(1);
    thread.jobs[0]!.end(true);
    expect(await Promise.all(verdicts.map((verdict) => Promise.resolve(verdict)))).toEqual(["right", "right", "right"]);
  });

  it("takes 64 at once, of one client half of them, and is busy for more", async () => {
    const thread = heldThread();
    const checker = new PasswordChecker(thread);
    const users = list({ alice: APR1 });
    const guess = (client: string, index: number) =>
      checker.check(users, credentials("alice", `${client} ${index}`), client);
    const verdicts = Array.from({ length: 33 }, (_, index) => guess(CLIENT, index));
    expect(verdicts.at(-1)).toBe("busy");
    expect(thread.jobs).toHaveLength(32);
    expect(guess("10.0.0.2", 0)).toBeInstanceOf(Promise);
    for (let index = 0; index < 100; index++) void guess(`10.1.0.${index}`, index);
    expect(thread.jobs).toHaveLength(64);
    expect(guess("10.0.0.3", 0)).toBe("busy");
    for (const { end } of thread.jobs) end(false);
    expect(await verdicts[0]).toBe("wrong");
    expect(guess(CLIENT, 64)).toBeInstanceOf(Promise);
  });

  it("lets nobody in when the thread fails, and does not keep that", async () => {
    const thread = heldThread();
    const checker = new PasswordChecker(thread);
    const verdict = checker.check(list({ alice: APR1 }), credentials("alice", "p"), CLIENT);
    thread.jobs[0]!.fail();
    expect(await verdict).toBe("busy");
    expect(checker.check(list({ alice: APR1 }), credentials("alice", "p"), CLIENT)).toBeInstanceOf(Promise);
  });

  it("keeps right verdicts, however many wrong passwords come", async () => {
    const checker = new PasswordChecker({
      compare: ({ password }) => Promise.resolve(Buffer.from(password).toString() === "p"),
    });
    const users = list({ alice: APR1 });
    await checker.check(users, credentials("alice", "p"), CLIENT);
    for (let index = 0; index < 10_000; index++)
      await checker.check(users, credentials("alice", `wrong ${index}`), CLIENT);
    expect(checker.check(users, credentials("alice", "p"), CLIENT)).toBe("right");
    expect(checker.check(users, credentials("alice", "wrong 0"), CLIENT)).toBeInstanceOf(Promise);
  });

  it("says wrong at once where the list has no users", () => {
    expect(new PasswordChecker(heldThread()).check(list({}), credentials("alice", "p"), CLIENT)).toBe("wrong");
  });
});
