import { hasGroups } from "#src/model/annotations/rewrite-target.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import type { PartName } from "./policy-details.ts";

/** Something that can be read, and cannot be done. */
interface Unservable {
  /** The parts that may have asked for it. */
  readonly parts: readonly PartName[];
  readonly why: string;
  readonly fix: string;
}

/** The first of what settings ask for that cannot be done for a path; undefined: all can be done. */
export function unservableOf(
  { authType, authSecret, authUrl, rewrite }: PathSettings,
  {
    host,
    path,
    isPattern,
  }: {
    readonly host: string;
    /** Undefined: the default backend. */
    readonly path: string | undefined;
    readonly isPattern: boolean;
  },
): Unservable | undefined {
  if (authType === "basic" && authSecret === undefined)
    return {
      parts: ["authType"],
      why: "no auth-secret says which Secret has the passwords",
      fix: "Write auth-secret, too",
    };
  if (authType !== "basic" && authSecret !== undefined)
    return {
      parts: ["authSecret", "authType"],
      why: "no auth-type says to use the Secret",
      fix: "Write auth-type: basic, too",
    };
  if (authUrl !== undefined && authUrl !== "none" && authUrl.host === undefined && (host === "" || host.includes("*")))
    return {
      parts: ["authUrl"],
      why: "it asks the host of the request, and a client could choose that",
      fix: "Write the host into auth-url",
    };
  if (rewrite !== undefined && hasGroups(rewrite) && !isPattern && path !== undefined)
    return {
      parts: ["rewrite"],
      why: "it has groups, and the path is not a regular expression",
      fix: "Write a target without $, or the annotation use-regex",
    };
  return undefined;
}
