import { describe, expect, it } from "vitest";
import { readStoreSettings } from "#ingress/limits/store-options.ts";

type Given = Partial<Parameters<typeof readStoreSettings>[0]>;

function read(given: Given) {
  return readStoreSettings({
    rateLimitStore: undefined,
    rateLimitStorePasswordFile: undefined,
    rateLimitStoreCaFile: undefined,
    rateLimitStoreTimeout: 50,
    ...given,
  });
}

const PLAIN = {
  host: "store",
  port: 6_379,
  isSecure: false,
  database: 0,
  username: undefined,
  passwordFile: undefined,
  authoritiesFile: undefined,
};
const password = { rateLimitStorePasswordFile: "/p" };

describe("R readStoreSettings()", () => {
  it.each<{ given: Given; is: object | undefined }>([
    { given: {}, is: undefined },
    { given: { rateLimitStore: "redis://store" }, is: {} },
    { given: { rateLimitStore: "redis://store:7000/" }, is: { port: 7_000 } },
    { given: { rateLimitStore: "redis://store/3" }, is: { database: 3 } },
    {
      given: { rateLimitStore: "redis://[2001:db8::1]:7000/1" },
      is: { host: "2001:db8::1", port: 7_000, database: 1 },
    },
    { given: { rateLimitStore: "rediss://store" }, is: { isSecure: true } },
    { given: { rateLimitStore: "redis://store", ...password }, is: { passwordFile: "/p" } },
    { given: { rateLimitStore: "redis://a%40b@store", ...password }, is: { username: "a@b", passwordFile: "/p" } },
    {
      given: { rateLimitStore: "rediss://store", rateLimitStoreCaFile: "/ca" },
      is: { isSecure: true, authoritiesFile: "/ca" },
    },
  ])("R reads $given", ({ given, is }) => {
    expect(read(given)).toEqual({ ok: true, value: is && { ...PLAIN, ...is }, problems: [] });
  });

  it.each<{ given: Given; flag: string }>([
    { given: { rateLimitStore: "store:6379" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "http://store" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis:///0" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://store/one" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://store/0/1" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://store?db=1" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://:hidden@store" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://name:hidden@store", ...password }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://name@store" }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://%zz@store", ...password }, flag: "--rate-limit-store" },
    { given: { rateLimitStore: "redis://store", rateLimitStoreCaFile: "/ca" }, flag: "--rate-limit-store-ca-file" },
    { given: { rateLimitStoreCaFile: "/ca" }, flag: "--rate-limit-store-ca-file" },
    { given: password, flag: "--rate-limit-store-password-file" },
  ])("R refuses $given, and repeats no password", ({ given, flag }) => {
    const { ok, problems } = read(given);
    expect({ ok, at: problems[0]?.at }).toEqual({ ok: false, at: { kind: "option", names: [flag] } });
    expect(JSON.stringify(problems)).not.toContain("hidden");
  });
});
