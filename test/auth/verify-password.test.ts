import { describe, expect, it } from "vitest";
import { readPasswordHash } from "#src/auth/password-hash.ts";
import { verifyPassword } from "#src/auth/verify-password.ts";

/** Made by `htpasswd` 2.4, `openssl passwd` 3 and glibc's `crypt`; nothing here was made by the code under test. */
const MADE_BY_OTHERS = [
  { by: "htpasswd -m", password: "correct horse", hash: "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio." },
  { by: "htpasswd -m", password: "pässwörd", hash: "$apr1$XKAZhMk0$goZc9tmFGqIuX1FcoFyCt0" },
  { by: "htpasswd -m", password: "", hash: "$apr1$sqgsuAmG$z55U.VaFWAD.BDH9T7rIG0" },
  {
    by: "htpasswd -B",
    password: "correct horse",
    hash: "$2y$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS",
  },
  { by: "htpasswd -B", password: "pässwörd", hash: "$2y$04$nvaUn5e/xZ839yCr0/xXIOwlJJ6QFeDOA3izixfCKLqK2Wee5y06W" },
  { by: "htpasswd -s", password: "correct horse", hash: "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=" },
  { by: "python hashlib", password: "correct horse", hash: "{SSHA}K0MZxWoMPVRxegoJBeg1/wEGvbpzYWx0MTIzNA==" },
  { by: "openssl passwd -1", password: "correct horse", hash: "$1$saltstr$xCG7.tBSa9CJbD9lBlLuj." },
  {
    by: "openssl passwd -5",
    password: "correct horse",
    hash: "$5$saltstr$H4wVyAbvDN1o8S37gMitqEwu7KztNKL9u30hxnDoAa1",
  },
  {
    by: "openssl passwd -6",
    password: "correct horse",
    hash: "$6$saltstr$msMGASxRXO2j9dCXz6lOVLbFW6w9J.xXWtdhRX2Ebv.dsbfSVxi/sBUAf51qtJYnOENpfM5zCL6ZKS6/QpZTw0",
  },
  { by: "openssl passwd -apr1", password: "correct horse", hash: "$apr1$saltstr$Ue.dExiTEZ3QfL3ursaJw1" },
  {
    by: "openssl passwd -6, salt of 16",
    password: "Hello world!",
    hash: "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
  },
  { by: "crypt, no password", password: "", hash: "$1$ab$rn6aQS/o7141mj179E/zA." },
  { by: "crypt, no salt", password: "a", hash: "$5$$QG6CCM7eJAxpUPcBpn0Z2K29NHtaI6Mk1fCpPrpjdj3" },
  { by: "crypt, 15 letters", password: "x".repeat(15), hash: "$1$12345678$BOsWmSCnIIXzgY9MqoQX/0" },
  { by: "crypt, 16 letters", password: "x".repeat(16), hash: "$1$12345678$Yx0.57EgfgSyPuhpZcr1R1" },
  { by: "crypt, 17 letters", password: "x".repeat(17), hash: "$1$12345678$rhnGCK3NG5AO.7NWpAE/Y." },
  { by: "crypt, 63 letters", password: "x".repeat(63), hash: "$5$abc$A2W7B2HJywoXI31NJvdrqX3HaVHoNY/4y5o9Rbx3a44" },
  { by: "crypt, 64 letters", password: "x".repeat(64), hash: "$5$abc$YLSI691OLrQVAnV/PfiNcylkMemw3DoQz.INWMv3AeC" },
  {
    by: "crypt, 65 letters",
    password: "x".repeat(65),
    hash: "$5$rounds=1000$saltstringsalt16$pL8sHpzwj1yOtKe6oBapLAzANdsPLEWBNdhMPEQKgP/",
  },
  {
    by: "crypt, 100 letters",
    password: "x".repeat(100),
    hash: "$6$16charsof-salt..$0chquwYW7BM4tgUmbZAXBjB7T2cN5sm/zxtdQHvoSKlfpMWiuNf1H3vHzMfbNrxItTGHSYgptk7.86jJSwoGZ/",
  },
  {
    by: "crypt, odd rounds",
    password: "pässwörd",
    hash: "$6$rounds=1234$xyz$XmO4fVlkjqis4Jzqt8kt4Q8wke9Ke2/m0z.cy6vAJhCbVHw1h.qpzDJq9YZCYWXfVDXalBFfNkOuDgm6C6jTT.",
  },
  {
    by: "crypt, control characters",
    password: "\x01 \x7f",
    hash: "$6$16charsof-salt..$kdruEZeclYwmwQcmbCzSlSeOKTh.GszjHmSjCmO0KCk4DesXeFa/Gccf6TiDK05sQYGWvPcUz67OZv9FeUXG40",
  },
];

function verify(hash: string, password: Buffer): boolean {
  const read = readPasswordHash(hash);
  if ("why" in read) throw new Error(read.why);
  return verifyPassword(read, password);
}

describe("verifyPassword()", () => {
  it.each(MADE_BY_OTHERS)("knows the password that $by stored ($hash)", ({ password, hash }) => {
    expect(verify(hash, Buffer.from(password))).toBe(true);
  });

  it.each(MADE_BY_OTHERS)("knows no other password for $hash", ({ password, hash }) => {
    for (const other of [`${password}x`, password.slice(0, -1) + "\u0002", hash, ""])
      if (other !== password) expect(verify(hash, Buffer.from(other)), other).toBe(false);
  });

  it("takes bytes that are not UTF-8 for no password of bcrypt, and does not replace them", () => {
    const bytes = Buffer.from([0xff, 0xfe]);
    expect(verify("$2y$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS", bytes)).toBe(false);
  });
});

describe("readPasswordHash()", () => {
  it.each([
    { name: "a plain password", text: "correct horse", why: "not a hash" },
    { name: "a plain password by name", text: "{PLAIN}correct horse", why: "plain password" },
    { name: "DES crypt", text: "IMSMNOFfQHJNU", why: "DES crypt" },
    { name: "bcrypt 2x", text: "$2x$05$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS", why: "2x" },
    {
      name: "bcrypt that takes seconds",
      text: "$2y$15$tDXuVt.Cv.RprhG/tQ3lSuCy4TL4PS.5tS47rfK1c.3Tn2n9qcqjS",
      why: "cost is 15",
    },
    { name: "SHA crypt that takes seconds", text: `$6$rounds=500001$a$${"x".repeat(86)}`, why: "500001 rounds" },
    { name: "SHA crypt with too few rounds", text: `$5$rounds=0999$a$${"x".repeat(43)}`, why: "less than 1000" },
    { name: "a hash that is cut off", text: "$apr1$1pDPgfFQ$yakN0hDI7UA7OsWj1vcio", why: "not a hash" },
    { name: "a salt of SHA-1 with a hash that is cut off", text: "{SSHA}K0MZxWoMPVRxegoJBeg1", why: "not a hash" },
    { name: "nothing", text: "", why: "not a hash" },
    { name: "yescrypt", text: "$y$j9T$abc$def", why: "not a hash" },
  ])("does not use $name", ({ text, why }) => {
    expect(readPasswordHash(text)).toEqual({ why: expect.stringContaining(why) });
  });
});
