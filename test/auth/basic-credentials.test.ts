import { describe, expect, it } from "vitest";
import { readBasicCredentials } from "#src/auth/basic-credentials.ts";

const basic = (pair: string) => `Basic ${Buffer.from(pair, "latin1").toString("base64")}`;

describe("readBasicCredentials()", () => {
  it.each([
    { name: "a pair", value: basic("alice:secret"), user: "alice", password: "secret" },
    { name: "a password with colons", value: basic("alice:a:b:"), user: "alice", password: "a:b:" },
    { name: "an empty password", value: basic("alice:"), user: "alice", password: "" },
    { name: "the scheme in any case", value: basic("a:b").replace("Basic", "bAsIc"), user: "a", password: "b" },
    { name: "several blanks", value: basic("a:b").replace(" ", "   "), user: "a", password: "b" },
    { name: "bytes that are not ASCII", value: basic("\xe4:\xff"), user: "\xe4", password: "\xff" },
    {
      name: "names and passwords of 255 bytes",
      value: basic(`${"u".repeat(255)}:${"p".repeat(255)}`),
      user: "u".repeat(255),
      password: "p".repeat(255),
    },
  ])("reads $name", ({ value, user, password }) => {
    expect(readBasicCredentials(value)).toEqual({ user, password: Buffer.from(password, "latin1") });
  });

  it.each([
    { name: "nothing", value: "" },
    { name: "another scheme", value: "Bearer abc" },
    { name: "no base64", value: "Basic !!!!" },
    { name: "no colon", value: basic("alice") },
    { name: "no name", value: basic(":secret") },
    { name: "a NUL in the password, which ends it for crypt", value: basic("alice:secret\0junk") },
    { name: "a NUL in the name", value: basic("ali\0ce:secret") },
    { name: "a name of 256 bytes", value: basic(`${"u".repeat(256)}:p`) },
    { name: "a password of 256 bytes", value: basic(`u:${"p".repeat(256)}`) },
    { name: "two pairs", value: `${basic("a:b")}, ${basic("c:d")}` },
  ])("takes $name for no credentials", ({ value }) => {
    expect(readBasicCredentials(value)).toBeUndefined();
  });
});
