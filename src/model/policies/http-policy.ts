import { child, complain, complainMissing, type Field, hasError, isUnset, readMap } from "#src/model/field.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import type { PolicyPart } from "./policy-part.ts";
import { readPolicySettings } from "./policy-settings.ts";
import { readPolicySlots, SLOT_NAMES } from "./policy-slots.ts";
import { type PolicyTarget, readPolicyTargets } from "./policy-target.ts";
import { warnOfLoneClaims } from "./warn-of-lone-claims.ts";

/** An HTTPPolicy (hawser.dev/v1alpha1), strictly read. */
export interface HttpPolicy {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** `metadata.generation`, for the status; undefined where the source has none. */
  readonly generation: number | undefined;
  /** As far as they can be read. */
  readonly targets: readonly PolicyTarget[];
  /** Each name once; none of a policy that is closed. */
  readonly parts: readonly PolicyPart[];
  /** Something of it cannot be read: it closes what it is attached to. */
  readonly isClosed: boolean;
}

/** Reads an HTTPPolicy. One that cannot be read as a whole has its targets still: they are closed. */
export function parseHttpPolicy(object: KubeObject): Parsed<HttpPolicy> {
  const root = rootField(object);
  const { problems } = root;
  rejectUnknownKeys(root, ["apiVersion", "kind", "metadata", "spec", "status"]);
  const spec = child(root, "spec");
  if (isUnset(spec)) complainMissing(spec, "Write spec with targetRefs");
  const { targets, parts } = readSpec(spec);
  const { namespace, name, createdMs, generation } = object.metadata;
  const isClosed = hasError(problems);
  const value: HttpPolicy = {
    key: keyOf(object.metadata),
    namespace,
    name,
    createdMs,
    generation,
    targets,
    parts: isClosed ? [] : parts,
    isClosed,
  };
  return { ok: true, value, problems };
}

function readSpec(spec: Field): Pick<HttpPolicy, "targets" | "parts"> {
  if (!readMap(spec)) return { targets: [], parts: [] };
  rejectUnknownKeys(spec, ["targetRefs", "settings", ...SLOT_NAMES]);
  return { targets: readPolicyTargets(child(spec, "targetRefs")), parts: readParts(spec) };
}

/** A fault of ours with a value closes what the policy is attached to, as any value that cannot be read: what it asks is not known. */
function readParts(spec: Field): readonly PolicyPart[] {
  try {
    const parts = [...readPolicySettings(child(spec, "settings")), ...readPolicySlots(spec)];
    warnOfLoneClaims(spec, parts);
    return parts;
  } catch (error) {
    complain(spec, "OBJECT_NOT_READ", {
      what: "Cannot read this policy",
      why: `Hawser has a fault: ${String(error).slice(0, 200)}`,
      fix: "Report it with the object. Until then what the policy is attached to is closed",
    });
    return [];
  }
}
