import { describe, expect, it } from "vitest";
import { type CookieSettings, setCookie } from "#src/balancing/set-cookie.ts";

const BASE: CookieSettings = { name: "INGRESSCOOKIE", path: "/" };
const REQUEST = { value: "v", isSecure: false, wallMs: Date.UTC(2026, 10, 29, 12, 0, 0) };

describe("setCookie()", () => {
  it.each<{ name: string; settings?: Partial<CookieSettings>; isSecure?: boolean; line: string }>([
    { name: "defaults", line: "INGRESSCOOKIE=v; Path=/; HttpOnly" },
    { name: "TLS", isSecure: true, line: "INGRESSCOOKIE=v; Path=/; Secure; HttpOnly" },
    {
      name: "TLS, not secure",
      settings: { isSecure: false },
      isSecure: true,
      line: "INGRESSCOOKIE=v; Path=/; HttpOnly",
    },
    { name: "secure", settings: { isSecure: true }, line: "INGRESSCOOKIE=v; Path=/; Secure; HttpOnly" },
    {
      name: "all",
      settings: { name: "s", path: "/a", domain: "a.com", expiresSeconds: 3_600, maxAgeSeconds: 60, sameSite: "None" },
      isSecure: true,
      line: "s=v; Path=/a; Domain=a.com; Expires=Sun, 29 Nov 2026 13:00:00 GMT; Max-Age=60; Secure; HttpOnly; SameSite=None",
    },
    {
      name: "one that has passed",
      settings: { expiresSeconds: -1, maxAgeSeconds: 0 },
      line: "INGRESSCOOKIE=v; Path=/; Expires=Sun, 29 Nov 2026 11:59:59 GMT; Max-Age=0; HttpOnly",
    },
  ])("writes $name", ({ settings, isSecure = false, line }) => {
    expect(setCookie({ ...BASE, ...settings }, { ...REQUEST, isSecure })).toBe(line);
  });
});
