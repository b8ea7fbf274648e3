import type { Going } from "./departures.ts";

/** What a reflector of an optional kind, which the cluster may be without, has besides. */
export interface Optional {
  /** What may not be read (403) is waited for, until the first list. */
  readonly isProtecting: boolean;
  /** False: the cluster certainly does not have the kind; asked where it may not be read. */
  mayExist(): Promise<boolean>;
  /** Whether the definition of the kind was removed, or is being removed. */
  isGoing(): Promise<Going>;
  /** Objects are taken as deleted although this program may not ask whether their kind goes: told once. */
  onRefused(): void;
  /** Resolves when the kind is to be looked for again, or when the signal aborts. */
  sought(signal: AbortSignal): Promise<void>;
  /** The kind is there now, or is not any longer; a kind that is absent from the start is reported too. */
  onPresence(isPresent: boolean): void;
}
