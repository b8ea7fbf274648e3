import { array, assert, constantFrom, integer, oneof, property, record, subarray, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { Certificates } from "#ingress/tls/certificates.ts";
import type { CertificateUpdate } from "#ingress/server/serving-update.ts";
import { toldCertificates } from "#ingress/workers/told-certificates.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import { type CertificateClaims, certificateClaims } from "#src/tls/certificate-claims.ts";
import { certificatesByHost } from "#src/tls/certificates-by-host.ts";
import { ClaimIndex } from "#src/tls/claim-index.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";

const nowMs = Date.now();
const HOSTS = ["a.com", "b.a.com", "*.a.com", "c.com", ""];
const SECRETS = ["s", "t", "u", "v"];
const NAMES = ["i", "j", "k", "l"];
const DEFAULT = "default/v";

const pairs = ["a.com", "*.a.com", "c.com"].map((name) => selfSigned(name, nowMs));
/** What can be in a Secret: a certificate, or one with the key of another; undefined: what cannot be read. */
const VALUES: readonly (readonly [cert: number, key: number] | undefined)[] = [
  [0, 0],
  [1, 1],
  [2, 2],
  [0, 1],
  undefined,
];

const someEntry = record({ hosts: subarray(HOSTS), secretName: constantFrom(...SECRETS, undefined) });
const someIngress = record({
  name: constantFrom(...NAMES),
  hosts: subarray(HOSTS),
  aliases: subarray(["b.a.com", "d.com", "c.com"], { maxLength: 2 }),
  tls: array(someEntry, { maxLength: 2 }),
  createdMs: integer({ min: 0, max: 2 }),
  bodyBytes: integer({ min: 0, max: 1 }),
}).map(({ name, hosts, aliases, tls, createdMs, bodyBytes }) => {
  const ingress = ingressOf(name, Object.fromEntries(hosts.map((host) => [host, { "/": "s" }])), {
    createdMs,
    tls,
    settings: { bodyBytes },
  });
  const further = aliases.map((host) => ({ host, paths: [], isAdded: true as const, aliasOf: hosts[0] ?? "a.com" }));
  return { kind: "ingress" as const, key: ingress.key, after: { ...ingress, rules: [...ingress.rules, ...further] } };
});

const someStep = oneof(
  { weight: 4, arbitrary: someIngress },
  {
    weight: 1,
    arbitrary: constantFrom(...NAMES).map((name) => ({
      kind: "ingress" as const,
      key: `default/${name}`,
      after: undefined,
    })),
  },
  {
    weight: 3,
    arbitrary: tuple(constantFrom(...SECRETS), constantFrom(...VALUES)).map(([name, value]) => ({
      kind: "secret" as const,
      key: `default/${name}`,
      secret: secretOf(`default/${name}`, value),
    })),
  },
  { weight: 1, arbitrary: constantFrom(...SECRETS).map((name) => ({ kind: "gone" as const, key: `default/${name}` })) },
);

function secretOf(key: string, value: (typeof VALUES)[number]): TlsSecret | undefined {
  if (value === undefined) return undefined;
  const [cert, privateKey] = value;
  return { key, certificatePem: pairs[cert]!.cert, privateKeyPem: pairs[privateKey]!.key };
}

function plain({ byHost, byOwnNames, aliases, unnamed, hostsBySecret, namedBy }: CertificateClaims): unknown {
  return {
    byHost: new Map(byHost),
    // Of several that are for one name the first counts.
    byOwnNames: [...byOwnNames],
    aliases: new Map(aliases),
    unnamed: new Map(unnamed),
    hostsBySecret: new Map(hostsBySecret),
    namedBy: new Map(namedBy),
  };
}

/** By Secret what is wrong with it, those alone with which anything is. */
function kept(problems: ReadonlyMap<string, readonly Problem[]>): unknown {
  return new Map([...problems].filter(([, found]) => found.length > 0));
}

describe("changes of Ingresses and Secrets", () => {
  it("I-T3 come to the same claims, certificates and problems as everything from nothing", () => {
    const met = { hosts: 0, problems: 0, lastGood: 0, few: 0 };
    assert(
      property(array(array(someStep, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), (rounds) => {
        const ingresses = new Map<string, Ingress>();
        const secrets = new Map<string, TlsSecret | undefined>();
        const index = new ClaimIndex();
        const [changed, whole] = [new Certificates(nowMs), new Certificates(nowMs)];
        const found = new Map<string, readonly Problem[]>();
        let told: CertificateUpdate = { kind: "certificates", secretOfHost: new Map(), pairs: new Map() };
        const taking = toldCertificates(changed, (update) => {
          if (update.kind === "certificates") told = update;
        });
        for (const steps of rounds) {
          const touchedSecrets = new Set<string>();
          const latest = new Map<string, Ingress | undefined>();
          for (const step of steps) {
            if (step.kind === "ingress") {
              latest.set(step.key, step.after);
              if (step.after === undefined) ingresses.delete(step.key);
              else ingresses.set(step.key, step.after);
              continue;
            }
            touchedSecrets.add(step.key);
            if (step.kind === "gone") secrets.delete(step.key);
            else secrets.set(step.key, step.secret);
          }
          const before = plain(index);
          const touched = index.update(Array.from(latest, ([key, after]) => ({ key, after })));
          const claims = certificateClaims([...ingresses.values()]);
          expect(plain(index)).toEqual(plain(claims));
          if (touched.hosts.size + touched.secrets.size === 0)
            expect({ ...(before as object), namedBy: 0 }).toEqual({ ...(plain(index) as object), namedBy: 0 });
          const all = touched.secrets.union(touchedSecrets);
          const use = { defaultSecret: DEFAULT, nowMs };
          const some = taking.use({
            ...use,
            claims: index,
            secrets: new Map([...secrets].filter(([key]) => all.has(key))),
            touched: { hosts: touched.hosts, secrets: all, hostsOf: (key) => index.hostsOf(key) },
          });
          for (const key of all) found.set(key, some.get(key) ?? []);
          const problems = whole.use({ ...use, claims, secrets });
          expect(kept(found)).toEqual(kept(problems));
          const printed = ({ certificates }: Certificates) =>
            new Map(Array.from(certificates, ([host, { secretKey, chainPem }]) => [host, `${secretKey} ${chainPem}`]));
          expect(printed(changed)).toEqual(printed(whole));
          for (const host of [...HOSTS, "x.a.com", "d.com", "unknown.test"])
            expect(changed.pairOf(host).cert === changed.fallback.cert).toBe(
              whole.pairOf(host).cert === whole.fallback.cert,
            );
          const shown = [...changed.certificates];
          expect(told).toEqual({
            kind: "certificates",
            secretOfHost: new Map(shown.map(([host, { secretKey }]) => [host, secretKey])),
            pairs: new Map(shown.map(([, one]) => [one.secretKey, { cert: one.chainPem, key: one.privateKeyPem }])),
          });
          const usable = new Map(Array.from(changed.certificates.values(), (one) => [one.secretKey, one]));
          for (const [host, { secretKey }] of certificatesByHost(claims, usable))
            expect(changed.certificates.get(host)?.secretKey).toBe(secretKey);
          met.hosts += changed.certificates.size;
          met.problems += problems.size;
          met.lastGood += [...problems.values()].flat().filter(({ code }) => code === "SECRET_LAST_GOOD_SERVED").length;
          if (touched.hosts.size < claims.byHost.size) met.few += 1;
        }
      }),
      { numRuns: 200 },
    );
    // The changes do meet what this is about.
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(5);
  });

  it("I-T3 come to the same when looking at a Secret fails for once, and the change is tried again", () => {
    const certificates = new Certificates(nowMs);
    const index = new ClaimIndex();
    const of = (name: string, host: string) =>
      ingressOf(name, { [host]: {} }, { tls: [{ hosts: [host], secretName: name }] });
    const all = [of("s", "x.a.com"), of("t", "c.com")];
    index.update(all.map((ingress) => ({ key: ingress.key, after: ingress })));
    const secrets = new Map([
      ["default/s", secretOf("default/s", [1, 1])],
      ["default/t", secretOf("default/t", [2, 2])],
    ]);
    certificates.use({ claims: index, secrets, nowMs });
    const before = certificates.pairOf("x.a.com");
    const next = selfSigned("*.a.com", nowMs);
    secrets.set("default/s", { key: "default/s", certificatePem: next.cert, privateKeyPem: next.key });
    const touched = {
      hosts: new Set<string>(),
      secrets: new Set(secrets.keys()),
      hostsOf: (key: string) => index.hostsOf(key),
    };
    const failing = new Map(secrets);
    failing.get = (key) => {
      if (key === "default/t") throw new Error("for once");
      return secrets.get(key);
    };
    expect(() => certificates.use({ claims: index, secrets: failing, nowMs, touched })).toThrow("for once");
    expect(certificates.pairOf("x.a.com")).toEqual(before);
    certificates.use({ claims: index, secrets, nowMs, touched });
    expect(certificates.pairOf("x.a.com").cert).toBe(next.cert);
  });

  it("I-T3 touch only what they name", () => {
    const index = new ClaimIndex();
    const of = (name: string, secretName: string, createdMs = 0) =>
      ingressOf(name, { [`${name}.com`]: {} }, { createdMs, tls: [{ hosts: [`${name}.com`], secretName }] });
    const update = (ingress: Ingress, after: Ingress | undefined = ingress) => {
      const { hosts, secrets } = index.update([{ key: ingress.key, after }]);
      return [[...hosts], [...secrets]];
    };
    for (let number = 0; number < 100; number++) update(of(`i${number}`, "wild"));
    expect(update(of("new", "wild"))).toEqual([["new.com"], ["default/wild"]]);
    expect(update(of("new", "own"))).toEqual([["new.com"], ["default/wild", "default/own"]]);
    expect(update({ ...of("new", "own"), settings: { bodyBytes: 1 } })).toEqual([[], []]);
    expect(index.namedBy.get("default/own")?.settings).toEqual({ bodyBytes: 1 });
    expect(update(of("new", "own", 1))).toEqual([["new.com"], ["default/own"]]);
    expect(index.update([{ key: "default/new", after: undefined }]).secrets).toEqual(new Set(["default/own"]));
    expect([index.byHost.size, index.namedBy.size, index.hostsBySecret.size]).toEqual([100, 1, 1]);
    expect(index.hostsOf("default/wild").size).toBe(100);
  });
});
