import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import { type AttachedIngress, attachPolicies } from "#src/routing/ingress/attach-policies.ts";
import { PolicyTargets, servicesOf } from "#src/routing/ingress/policy-targets.ts";
import type { Change } from "#src/source/parsed-objects.ts";
import type { WrittenIngresses } from "./written-ingresses.ts";

/** Keeps policies attached to Ingresses, so that a change of one attaches only what it touches again. */
export class PolicyIndex {
  readonly #ingresses: WrittenIngresses;
  readonly #onLook: (key: string) => void;
  readonly #targets = new PolicyTargets();
  /** By the key of the Ingress: of those that have any policy. */
  readonly #attached = new Map<string, AttachedIngress>();

  /** `onLook` gets the key of each Ingress that may have changed, or what is attached to it. */
  constructor(ingresses: WrittenIngresses, onLook: (key: string) => void = () => undefined) {
    this.#ingresses = ingresses;
    this.#onLook = onLook;
  }

  /** What is attached to Ingresses, by their keys. */
  get attached(): ReadonlyMap<string, AttachedIngress> {
    return this.#attached;
  }

  /** The changes of Ingresses with what policies say of them, after these changes. */
  update(ingresses: readonly Change<Ingress>[], policies: readonly Change<HttpPolicy>[]): readonly Change<Ingress>[] {
    const touched = this.#touchedBy(policies);
    if (this.#targets.isEmpty && this.#attached.size === 0 && touched.size === 0) return ingresses;
    const before = new Map(ingresses.map((change) => [change.key, change.before]));
    for (const { key } of ingresses) touched.add(key);
    return Array.from(touched).flatMap((key) => this.#attach(key, before) ?? []);
  }

  /** Places the policies by their targets; returns the keys of the Ingresses that they are or were for. */
  #touchedBy(changes: readonly Change<HttpPolicy>[]): Set<string> {
    const touched = new Set<string>();
    const services = new Set<string>();
    for (const { before, after } of changes) {
      if (before !== undefined) this.#targets.delete(before);
      if (after !== undefined) this.#targets.add(after);
      for (const { namespace, targets } of [before ?? [], after ?? []].flat())
        for (const { kind, name } of targets) (kind === "Ingress" ? touched : services).add(`${namespace}/${name}`);
    }
    if (services.size === 0) return touched;
    for (const ingress of this.#ingresses.values()) {
      const { key } = ingress;
      const asked = [...servicesOf(ingress), ...(this.#attached.get(key)?.fallbacks ?? [])];
      if (asked.some((service) => services.has(service))) touched.add(key);
    }
    return touched;
  }

  /** Undefined: the Ingress is what it was. */
  #attach(key: string, changed: ReadonlyMap<string, Ingress | undefined>): Change<Ingress> | undefined {
    this.#onLook(key);
    const written = this.#ingresses.get(key);
    const before = this.#attached.get(key)?.ingress ?? (changed.has(key) ? changed.get(key) : written);
    const policies = written === undefined ? [] : this.#targets.of(written);
    const attached = written && attachPolicies(written, policies);
    if (attached === undefined || policies.length === 0) this.#attached.delete(key);
    else this.#attached.set(key, attached);
    const after = attached?.ingress;
    return before === after ? undefined : { key, before, after };
  }
}
