import { describe, expect, it } from "vitest";
import { parsePasswordSecret } from "#src/auth/parse-password-secret.ts";
import { comparisonFor } from "#src/auth/password-list.ts";
import type { PasswordSecretType } from "#src/model/annotations/auth-secret.ts";
import type { KubeObject } from "#src/model/object.ts";

const APR1 = "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio.";
const BCRYPT = "$2y$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS";
const SHA = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";

function secret(fields: Readonly<Record<string, unknown>>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "shop", name: "users", createdMs: 0, labels: {}, annotations: {} },
    ...fields,
  } as unknown as KubeObject;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

function usersOf(type: PasswordSecretType, fields: Readonly<Record<string, unknown>>): unknown {
  const parsed = parsePasswordSecret(secret(fields), type);
  return parsed.ok ? Object.fromEntries([...parsed.value.users].map(([user, { text }]) => [user, text])) : undefined;
}

describe("parsePasswordSecret()", () => {
  it.each([
    {
      name: "lines of a file",
      type: "auth-file",
      fields: { data: { auth: base64(`a:${APR1}\nb:${BCRYPT}\n`) } },
      users: { a: APR1, b: BCRYPT },
    },
    {
      name: "a file with CRLF, comments and blank lines",
      type: "auth-file",
      fields: { data: { auth: base64(`# all\r\n\r\na:${APR1}:the first\r\n`) } },
      users: { a: APR1 },
    },
    {
      name: "the first of two lines of a name",
      type: "auth-file",
      fields: { data: { auth: base64(`a:${APR1}\na:${BCRYPT}\n`) } },
      users: { a: APR1 },
    },
    {
      name: "the first of two lines of a name, where it locks the user out",
      type: "auth-file",
      fields: { data: { auth: base64(`a:!${APR1}\na:${BCRYPT}\nb:${APR1}`) } },
      users: { b: APR1 },
    },
    {
      name: "stringData before data",
      type: "auth-file",
      fields: { stringData: { auth: `a:${APR1}` }, data: { auth: base64(`b:${APR1}`) } },
      users: { a: APR1 },
    },
    {
      name: "names as bytes",
      type: "auth-file",
      fields: { data: { auth: base64(`ä:${APR1}`) } },
      users: { "\xc3\xa4": APR1 },
    },
    {
      name: "keys as names",
      type: "auth-map",
      fields: { data: { a: base64(APR1), b: base64(`${SHA}\n`) } },
      users: { a: APR1, b: SHA },
    },
    {
      name: "keys of both maps",
      type: "auth-map",
      fields: { stringData: { a: APR1 }, data: { a: base64(SHA), b: base64(SHA) } },
      users: { a: APR1, b: SHA },
    },
  ] as const)("reads $name", ({ type, fields, users }) => {
    expect(usersOf(type, fields)).toEqual(users);
  });

  it.each([
    {
      name: "no key auth",
      type: "auth-file",
      fields: { data: { users: base64(`a:${APR1}`) } },
      code: "SECRET_KEY_MISSING",
    },
    {
      name: "a file as it is under data",
      type: "auth-file",
      fields: { data: { auth: `a:${APR1}` } },
      code: "SECRET_NOT_BASE64",
    },
    {
      name: "a map in place of the file",
      type: "auth-file",
      fields: { data: { auth: { a: APR1 } } },
      code: "SECRET_NOT_BASE64",
    },
    { name: "a key that is not base64", type: "auth-map", fields: { data: { a: APR1 } }, code: "SECRET_NOT_BASE64" },
  ] as const)("does not read a Secret with $name", ({ type, fields, code }) => {
    const parsed = parsePasswordSecret(secret(fields), type);
    expect(parsed.ok).toBe(false);
    expect(parsed.problems.map((problem) => problem.code)).toEqual([code]);
  });

  it("leaves out users whose passwords cannot be used, and repeats neither name nor password", () => {
    const auth = base64(`alice:plain-secret\nbob:IMSMNOFfQHJNU\ncarol:${APR1}\n`);
    const parsed = parsePasswordSecret(secret({ data: { auth } }), "auth-file");
    expect(parsed.ok && [...parsed.value.users.keys()]).toEqual(["carol"]);
    const [problem] = parsed.problems;
    expect(problem).toMatchObject({ code: "SECRET_PASSWORD_UNUSABLE", what: "Left out 2 of 3 users" });
    expect(problem?.why).toMatch(/line 1: .*; line 2: it is of DES crypt/);
    expect(JSON.stringify(problem)).not.toMatch(/alice|bob|plain-secret|IMSM/);
  });

  it("says that a Secret without users lets in none", () => {
    const parsed = parsePasswordSecret(secret({ data: { auth: "" } }), "auth-file");
    expect(parsed).toMatchObject({ ok: true, problems: [{ code: "SECRET_PASSWORD_UNUSABLE", why: "it names none" }] });
  });
});

describe("comparisonFor()", () => {
  const parsed = parsePasswordSecret(secret({ stringData: { fast: SHA, slow: BCRYPT } }), "auth-map");
  const list = parsed.ok ? parsed.value : undefined;

  it.each([
    { user: "slow", hashes: [BCRYPT], isKnown: true },
    { user: "fast", hashes: [SHA, BCRYPT], isKnown: true },
    { user: "nobody", hashes: [BCRYPT], isKnown: false },
  ])("takes as long for $user as for the slowest user", ({ user, hashes, isKnown }) => {
    const comparison = comparisonFor(list!, user);
    expect({ hashes: comparison.hashes.map(({ text }) => text), isKnown: comparison.isKnown }).toEqual({
      hashes,
      isKnown,
    });
  });
});
