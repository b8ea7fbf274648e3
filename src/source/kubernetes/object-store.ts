import { compareVersions, type Identity } from "./objects.ts";

/** The objects of one kind as the API server showed them last. */
export class ObjectStore<T> {
  readonly #identities = new Map<string, Identity>();
  readonly #values = new Map<string, T>();
  #snapshot: ReadonlyMap<string, T> | undefined;

  /** All values by key: the same map until something changes. Copied when it is looked at, not at each change. */
  snapshot(): ReadonlyMap<string, T> {
    this.#snapshot ??= new Map(this.#values);
    return this.#snapshot;
  }

  get(key: string): Identity | undefined {
    return this.#identities.get(key);
  }

  /** One value, without the copy that a snapshot may need. */
  value(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** Takes an object unless this version, or a newer one of it, is here. `read` is called only if it is taken. True: changed. */
  put(identity: Identity, read: () => T | undefined): boolean {
    const before = this.#identities.get(identity.key);
    if (before !== undefined && isSameOrNewer(before, identity)) return false;
    const value = read();
    if (value === undefined) return this.#drop(identity.key);
    this.#identities.set(identity.key, identity);
    this.#values.set(identity.key, value);
    this.#snapshot = undefined;
    return true;
  }

  /** Forgets an object, unless a newer version is here. True: it was here. */
  delete(identity: Identity): boolean {
    const before = this.#identities.get(identity.key);
    if (before === undefined || compareVersions(before.resourceVersion, identity.resourceVersion) > 0) return false;
    return this.#drop(identity.key);
  }

  /** Forgets all objects that are not among these keys. Returns those that went. */
  retain(keys: ReadonlySet<string>): readonly Identity[] {
    const gone = [...this.#identities.values()].filter(({ key }) => !keys.has(key));
    for (const { key } of gone) this.#drop(key);
    return gone;
  }

  #drop(key: string): boolean {
    this.#snapshot = undefined;
    return this.#identities.delete(key) && this.#values.delete(key);
  }
}

function isSameOrNewer(left: Identity, right: Identity): boolean {
  if (left.uid === right.uid && left.resourceVersion === right.resourceVersion) return true;
  return compareVersions(left.resourceVersion, right.resourceVersion) > 0;
}
