import { descend, type Field, isUnset, lineOf } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import { certificateClaims } from "#src/tls/certificate-claims.ts";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import { readCertificate } from "#src/tls/read-certificate.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Secrets whose certificate cannot be served, or that clients refuse. `nowMs` is in milliseconds since 1970. */
export function findBadCertificates({ secrets, ingresses, rootOf }: CheckedSet, nowMs: number): readonly Problem[] {
  const { hostsBySecret: hosts } = certificateClaims(ingresses);
  return [...secrets].flatMap(([key, secret]) => {
    const parsed = secret && readCertificate(secret);
    if (parsed === undefined) return [];
    const faults = parsed.ok ? findCertificateFaults(parsed.value, hosts.get(key) ?? [], nowMs) : [];
    return [...parsed.problems, ...faults].map((problem) => atItsLine(rootOf("Secret", key, []), problem));
  });
}

/** A Problem of a certificate or its key with the line of that. */
function atItsLine(root: Field, problem: Problem): Problem {
  const name = problem.at.kind === "object" && problem.at.path === "tls.key" ? "tls.key" : "tls.crt";
  const [plain, encoded] = [descend(root, "stringData", name), descend(root, "data", name)];
  const line = lineOf(isUnset(plain) ? encoded : plain);
  return line === undefined ? problem : { ...problem, line };
}
