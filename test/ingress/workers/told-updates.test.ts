import { array, assert, constantFrom, dictionary, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import { HeardUpdates, ToldUpdates } from "#ingress/workers/told-updates.ts";
import { sealKey } from "#src/auth/oidc/seal-text.ts";
import { keySet } from "#src/auth/jwt/key-set.ts";

const names = constantFrom("a", "b", "c");
const texts = dictionary(names, string({ maxLength: 3 }), { maxKeys: 3 });
const mapOf = <T>(object: Readonly<Record<string, T>>): ReadonlyMap<string, T> => new Map(Object.entries(object));

describe("ToldUpdates", () => {
  it("is heard as it was said, by one who heard all and by one who comes later, also as a copy", () => {
    assert(
      property(array(record({ sessionKeys: texts, clientSecrets: texts, authorities: texts })), (said) => {
        const told = new ToldUpdates();
        const heard = new HeardUpdates();
        let latest: unknown;
        for (const one of said) {
          const secrets = {
            sessionKeys: mapOf(one.sessionKeys),
            clientSecrets: mapOf(one.clientSecrets),
            authorities: mapOf(one.authorities),
          };
          const sent = told.tell({ kind: "sign-in", secrets } as unknown as Parameters<ToldUpdates["tell"]>[0]);
          if (sent !== undefined) latest = heard.hear(structuredClone(sent));
          expect(latest).toEqual({ kind: "sign-in", secrets });
        }
        const late = new HeardUpdates();
        const all = told.everything().map((sent) => late.hear(structuredClone(sent)));
        expect(all).toEqual(latest === undefined ? [] : [latest]);
      }),
    );
  });

  it("sends a value that stays once, and it stays the same value where it is heard", () => {
    const told = new ToldUpdates();
    const heard = new HeardUpdates();
    const [first, second] = [
      { cert: "1", key: "1" },
      { cert: "2", key: "2" },
    ];
    const certificates = (pairs: Readonly<Record<string, typeof first>>) =>
      ({ kind: "certificates", secretOfHost: new Map([["a.com", "default/a"]]), pairs: mapOf(pairs) }) as const;
    const before = heard.hear(structuredClone(told.tell(certificates({ a: first }))!));
    const sent = told.tell(certificates({ a: first, b: second }));
    expect(sent).toEqual({ kind: "maps", of: "certificates", changes: { secretOfHost: [], pairs: [["b", second]] } });
    const after = heard.hear(structuredClone(sent!));
    const pairOf = (update: typeof after) => update.kind === "certificates" && update.pairs.get("a");
    expect(pairOf(after)).toBe(pairOf(before));
    expect(told.tell(certificates({ a: first, b: second }))).toBeUndefined();
    expect(told.tell(certificates({ b: second }))).toMatchObject({ changes: { pairs: [["a", undefined]] } });
  });

  it("makes the same key set of keys that stay", () => {
    const told = new ToldUpdates();
    const heard = new HeardUpdates();
    const [one, other] = [keySet([{ kty: "EC", kid: "1" }]), keySet([{ kty: "EC", kid: "2" }])];
    const setOf = (sets: Readonly<Record<string, typeof one>>, name: string) => {
      const update = heard.hear(structuredClone(told.tell({ kind: "token-keys", sets: mapOf(sets) })!));
      return update.kind === "token-keys" ? update.sets.get(name) : undefined;
    };
    const before = setOf({ a: one }, "a");
    expect(before?.hasKeyId("1")).toBe(true);
    expect(setOf({ a: one, b: other }, "a")).toBe(before);
    expect(setOf({ a: other, b: other }, "a")?.hasKeyId("2")).toBe(true);
  });

  it("says the keys of sessions to one who comes later after the authorities of clients, by which it forgets sessions", () => {
    const told = new ToldUpdates();
    const secret = { pair: undefined, authoritiesPem: "of clients" };
    told.tell({ kind: "ticket-keys", keys: Buffer.alloc(48, 1) });
    told.tell({ kind: "certificate-secrets", secrets: mapOf({ "default/authorities": secret }) });
    const late = new HeardUpdates();
    const authorities = new ClientAuthorities(() => 0);
    let keys = "none";
    authorities.onChange(() => (keys = "of its own"));
    for (const one of told.everything()) {
      const update = late.hear(structuredClone(one));
      if (update.kind === "certificate-secrets") authorities.useSecrets(update.secrets);
      if (update.kind === "ticket-keys") keys = "of all";
    }
    expect(keys).toBe("of all");
  });

  it("carries the bytes of a session key, and nothing that lies beside them in memory", () => {
    const neighbour = Buffer.from("a secret in the pool that small buffers are parts of");
    const key = sealKey(Buffer.from("ab".repeat(32), "hex"));
    const secrets = {
      sessionKeys: new Map([["default/s", [key] as const]]),
      clientSecrets: new Map(),
      authorities: new Map(),
    };
    const sent = structuredClone(new ToldUpdates().tell({ kind: "sign-in", secrets })!);
    const heard = new HeardUpdates().hear(sent);
    const bytes = heard.kind === "sign-in" ? heard.secrets.sessionKeys.get("default/s")![0].bytes : neighbour;
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([32, 32]);
  });
});
