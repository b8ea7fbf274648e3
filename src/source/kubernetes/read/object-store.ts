import { compareVersions, type Identity } from "./read-api-object.ts";

/** What is kept of an object of the API: whatever was read from it, and which object it is. */
export interface StoredObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

/** Names an object of a collection. */
export type ObjectName = Pick<Identity, "namespace" | "name">;

/** The objects of one kind as the API server showed them last. */
export class ObjectStore<T extends StoredObject> {
  #values = new Map<string, T>();
  /** A reader has the map: it must not change any more. */
  #isShown = false;

  /** All values by key: the same map until something changes. */
  snapshot(): ReadonlyMap<string, T> {
    this.#isShown = true;
    return this.#values;
  }

  /** One value, without the copy that a snapshot takes with the next change. */
  value(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** Whether this version of an object, or a newer one, is here. */
  has(identity: Identity): boolean {
    const here = this.#values.get(identity.key)?.metadata;
    return here !== undefined && isSameOrNewer(here, identity);
  }

  /** Takes an object unless this version, or a newer one of it, is here. `read` is called only if it is taken. True: changed. */
  put(identity: Identity, read: () => T | undefined): boolean {
    if (this.has(identity)) return false;
    const value = read();
    if (value === undefined) return this.#drop(identity.key);
    this.#ownValues().set(identity.key, value);
    return true;
  }

  /** Forgets an object, unless a newer version is here. True: it was here. */
  delete({ key, resourceVersion }: Identity): boolean {
    const before = this.#values.get(key)?.metadata;
    if (before === undefined || compareVersions(before.resourceVersion, resourceVersion) > 0) return false;
    return this.#drop(key);
  }

  /** Forgets all objects that are not among these keys. Returns those that went. */
  retain(keys: ReadonlySet<string>): readonly ObjectName[] {
    const gone = [...this.#values].filter(([key]) => !keys.has(key));
    for (const [key] of gone) this.#drop(key);
    return gone.map(([, { metadata }]) => metadata);
  }

  /** The objects that are not among these keys, as deleted at a version of the collection. They stay. */
  missing(keys: ReadonlySet<string>, resourceVersion: string): readonly Identity[] {
    const missing = [...this.#values].filter(([key]) => !keys.has(key));
    return missing.map(([key, { metadata }]) => ({
      key,
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid ?? "",
      resourceVersion,
    }));
  }

  #drop(key: string): boolean {
    return this.#values.has(key) && this.#ownValues().delete(key);
  }

  /** The values, to be changed: a copy of what was shown, one for all changes until it is shown again. */
  #ownValues(): Map<string, T> {
    if (this.#isShown) this.#values = new Map(this.#values);
    this.#isShown = false;
    return this.#values;
  }
}

function isSameOrNewer(left: StoredObject["metadata"], right: Identity): boolean {
  if ((left.uid ?? "") === right.uid && left.resourceVersion === right.resourceVersion) return true;
  return compareVersions(left.resourceVersion, right.resourceVersion) > 0;
}
