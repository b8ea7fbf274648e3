// Certificates as OpenSSL has them: tried when they are read, opened when a client asks.
import { DEFAULT_CIPHERS } from "#ingress/tls/default-ciphers.ts";
import { OpenedContexts, tryContext } from "#ingress/tls/opened-contexts.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import tls from "node:tls";
import { describe, expect, it, vi } from "vitest";

const [one, other] = [selfSigned("a.example.test", Date.now()), selfSigned("b.example.test", Date.now())];

describe("certificates as OpenSSL has them", () => {
  it("are opened once, when they are asked for first", () => {
    const contexts = new OpenedContexts(DEFAULT_CIPHERS);
    expect(contexts.of(one)).toBe(contexts.of(one));
    expect(contexts.of(other)).not.toBe(contexts.of(one));
    expect(contexts.of({ ...one })).not.toBe(contexts.of(one));
  });

  it("are refused with what OpenSSL says: a key of another certificate, what is no certificate", () => {
    expect(() => tryContext({ cert: one.cert, key: other.key }, DEFAULT_CIPHERS)).toThrow(/key values mismatch/);
    expect(() => tryContext({ cert: "none", key: one.key }, DEFAULT_CIPHERS)).toThrow(/no start line/i);
  });

  it("of those that are only tried OpenSSL keeps nothing: Node still lets a context be closed", () => {
    const closed = vi.spyOn(Object.getPrototypeOf(tls.createSecureContext().context) as { close(): void }, "close");
    tryContext(one, DEFAULT_CIPHERS);
    expect(closed).toHaveBeenCalledOnce();
  });
});
