import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { printObjectName } from "#src/model/problem-place.ts";

/** A Problem and where it is: `shop.yaml:12`, the file's name alone, or nothing for an object of a cluster. */
export interface Finding extends Omit<Problem, "line"> {
  readonly file: string;
}

/** What a check has found. */
export interface CheckResult {
  readonly findings: readonly Finding[];
  /** Objects read. */
  readonly objects: number;
  /** Objects of kinds that Hawser does not read. */
  readonly otherKinds: ReadonlyMap<string, number>;
  /** 0: no error; 1: an error in an object; 2: a file or a kind of object that cannot be read. */
  readonly exitCode: 0 | 1 | 2;
}

/** The exit code by what was found in objects. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ code }) => code === "MANIFEST_UNREADABLE")) return 2;
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** `Service "default/web"`. */
export function nameOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return printObjectName({ kind, namespace, name });
}

/** The name of the object that a Problem is about; empty where it is about none. */
export function nameIn({ at }: Problem): string {
  return at.kind === "object" ? printObjectName(at.object) : "";
}
