import { keySet, type KeySet } from "#src/auth/jwt/key-set.ts";
import type { PublicJwk } from "#src/model/policies/jwk.ts";
import type { CertificateUpdate, ServingUpdate } from "#ingress/server/serving-update.ts";

/** All that a worker hears of besides routes. */
export type WorkerUpdate = ServingUpdate | CertificateUpdate;

/** Keys with what they are for from now on; undefined: nothing any longer. */
type MapChanges = readonly (readonly [key: string, value: unknown])[];

/** What is sent of an update: of one that has maps, how they differ from the one before. */
export type ToldUpdate =
  | { readonly kind: "whole"; readonly update: WorkerUpdate }
  | {
      readonly kind: "maps";
      readonly of: WorkerUpdate["kind"];
      readonly changes: Readonly<Record<string, MapChanges>>;
    };

type Maps = Readonly<Record<string, ReadonlyMap<string, unknown>>>;

/**
 * What was said, so that each update is sent as how it differs from the one before, and what begins later hears all at once: a Secret that
 * stays is sent once, however often others change.
 */
export class ToldUpdates {
  readonly #maps = new Map<WorkerUpdate["kind"], Maps>();
  readonly #whole = new Map<WorkerUpdate["kind"], WorkerUpdate>();

  /** What is to be sent; undefined: all is as it was said before. */
  tell(update: WorkerUpdate): ToldUpdate | undefined {
    const maps = mapsOf(update);
    if (maps === undefined) {
      this.#whole.set(update.kind, update);
      return { kind: "whole", update };
    }
    const before = this.#maps.get(update.kind);
    this.#maps.set(update.kind, maps);
    const told = changesOf(update.kind, before ?? {}, maps);
    return before !== undefined && Object.values(told.changes).every((list) => list.length === 0) ? undefined : told;
  }

  /** All that was said, for one who knows nothing. Keys of sessions come after authorities of clients: who gets other authorities makes keys of its own. */
  everything(): readonly ToldUpdate[] {
    return [
      ...Array.from(this.#maps, ([of, maps]) => changesOf(of, {}, maps)),
      ...Array.from(this.#whole.values(), (update) => ({ kind: "whole", update }) as const),
    ];
  }
}

/** Makes updates of what was sent. What did not change stays the same value. */
export class HeardUpdates {
  readonly #maps = new Map<WorkerUpdate["kind"], Maps>();

  hear(told: ToldUpdate): WorkerUpdate {
    if (told.kind === "whole") return told.update;
    const before = this.#maps.get(told.of) ?? {};
    const after = Object.fromEntries(
      Object.entries(told.changes).map(([name, changes]) => [name, changed(before[name], changes)]),
    );
    this.#maps.set(told.of, after);
    return updateOf(told.of, after);
  }
}

function changesOf(of: WorkerUpdate["kind"], before: Maps, after: Maps): Extract<ToldUpdate, { kind: "maps" }> {
  const changes = Object.entries(after).map(([name, map]) => {
    const former = before[name] ?? new Map<string, unknown>();
    const gone = [...former.keys()].filter((key) => !map.has(key)).map((key) => [key, undefined] as const);
    return [name, [...gone, ...[...map].filter(([key, value]) => former.get(key) !== value)]] as const;
  });
  return { kind: "maps", of, changes: Object.fromEntries(changes) };
}

function changed(before: ReadonlyMap<string, unknown> | undefined, changes: MapChanges): ReadonlyMap<string, unknown> {
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

/** Undefined: an update that is sent whole. Functions of key sets are made again where they are used. */
function mapsOf(update: WorkerUpdate): Maps | undefined {
  switch (update.kind) {
    case "passwords":
      return { lists: update.lists };
    case "sign-in":
      return { ...update.secrets };
    case "certificate-secrets":
      return { secrets: update.secrets };
    case "headers":
      return { ...update.headers };
    case "certificates":
      return { secretOfHost: update.secretOfHost, pairs: update.pairs };
    case "token-keys":
      return { sets: new Map(Array.from(update.sets, ([name, { keys }]) => [name, keys])) };
    case "token-uris":
      return { uris: update.uris };
    default:
      return undefined;
  }
}

/** By their keys, so that what was verified with a set that stays still counts. */
const keySets = new WeakMap<readonly PublicJwk[], KeySet>();

/** The update that `mapsOf` made these maps of. */
function updateOf(kind: WorkerUpdate["kind"], maps: Maps): WorkerUpdate {
  if (kind === "sign-in") return { kind, secrets: maps } as unknown as WorkerUpdate;
  if (kind === "headers") return { kind, headers: maps } as unknown as WorkerUpdate;
  if (kind !== "token-keys") return { kind, ...maps } as unknown as WorkerUpdate;
  const sets = maps["sets"] as ReadonlyMap<string, readonly PublicJwk[]>;
  return { kind, sets: new Map(Array.from(sets, ([name, keys]) => [name, setOf(keys)])) };
}

function setOf(keys: readonly PublicJwk[]): KeySet {
  const known = keySets.get(keys) ?? keySet(keys);
  keySets.set(keys, known);
  return known;
}
