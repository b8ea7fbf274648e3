import { setTimeout as sleep } from "node:timers/promises";
import { parseIp } from "#src/ip/address.ts";
import { listed } from "#src/model/listed.ts";
import type { KubeObject } from "#src/model/object.ts";
import { textOf } from "#src/model/record.ts";
import {
  addressConditionOf,
  ANNOUNCED,
  conditionOf,
  ingressOf,
  LEAVING_ANNOTATION,
  RELEASE_ANNOTATION,
} from "#src/model/service-status.ts";
import type { ObjectEditor } from "#src/source/object-editor.ts";
import { releaseText, releaseTextWithout } from "#src/view/plan-release.ts";

/** How often the Service is looked at. */
const LOOK_MS = 250;
/** A condition that was there before the wish is believed after this time. */
const STALE_MS = 5_000;
/** How long it is tried to take a wish back. */
const TAKE_BACK_MS = 10_000;
const SHOWN = 4;

/** What is to be released of one Service, as canonical texts. */
export interface WantedRelease {
  /** `namespace/name`. */
  readonly service: string;
  readonly addresses: readonly string[];
}

/**
 * How it ended. `released`: the addresses left the Service. `kept`: it has them, and no wish is left behind. `unfinished`: the
 * controller is on it and finishes it, or the wish could not be taken back.
 */
export interface ReleaseOutcome {
  readonly result: "released" | "kept" | "unfinished";
  /** By what was released: the address that came in its place; undefined where there was another one already. */
  readonly to: ReadonlyMap<string, string | undefined>;
  /** Empty where all went as wanted. */
  readonly why: string;
  /** Whether the Services after it are better left alone. */
  readonly isFatal: boolean;
}

/** What a release needs of the world. */
export interface ReleaseWorld {
  readonly editor: ObjectEditor;
  readonly timeoutMs: number;
  /** Aborts where the person wants to stop. */
  readonly signal: AbortSignal;
  /** On a steady clock. */
  readonly nowMs: () => number;
  /** Waits; never rejects, and ends early where `signal` aborts. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Writes the wish to release on one Service, and waits until the controller has fulfilled it: the addresses are gone, and where
 * the Service was announced, what it has now is. A wish that is given up is taken back, as long as the controller has not
 * begun.
 */
export async function releaseService(wanted: WantedRelease, world: ReleaseWorld): Promise<ReleaseOutcome> {
  const { editor, nowMs, signal } = world;
  const ref = refOf(wanted.service);
  const startMs = nowMs();
  const release = new Release(wanted, world);
  try {
    const fault = await release.begin();
    if (fault !== undefined) return await release.takeBack(fault, true);
  } catch (error) {
    return release.takeBack((error as Error).message, true);
  }
  for (let fault = ""; ; await world.sleep(LOOK_MS)) {
    try {
      const object = await editor.read(ref);
      if (release.isDone(object)) return release.done(object);
      if (release.isRefused(object, nowMs() - startMs)) return await release.takeBack(saidOf(object), false);
      fault = release.missingIn(object);
    } catch (error) {
      // The API server may be restarting.
      fault = (error as Error).message;
    }
    if (signal.aborted) return release.takeBack("interrupted", true);
    if (nowMs() - startMs >= world.timeoutMs)
      return release.takeBack(`not within ${world.timeoutMs / 1_000} s: ${fault}`, true);
  }
}

/** The release of one Service while it is under way. */
class Release {
  readonly #wanted: WantedRelease;
  readonly #world: ReleaseWorld;
  /** As it was before the wish. */
  #before: KubeObject | undefined;
  /** Whether the wish may be on the Service. */
  #mayBeWritten = false;

  constructor(wanted: WantedRelease, world: ReleaseWorld) {
    this.#wanted = wanted;
    this.#world = world;
  }

  /** Writes the wish; returns why it could not. */
  async begin(): Promise<string | undefined> {
    const { editor, nowMs, signal, timeoutMs } = this.#world;
    const { addresses, service } = this.#wanted;
    for (const startMs = nowMs(); ; await this.#world.sleep(LOOK_MS)) {
      const object = await editor.read(refOf(service));
      this.#before ??= object;
      if (object === undefined || this.#left(object).length === 0) return undefined;
      this.#mayBeWritten = true;
      if ((await editor.annotate(object, RELEASE_ANNOTATION, releaseText(object, addresses))) === "written")
        return undefined;
      if (signal.aborted || nowMs() - startMs >= timeoutMs) return "other programs change the Service all the time";
    }
  }

  /** Those of the addresses that the status still has. */
  #left(object: KubeObject): readonly string[] {
    const has = addressesOf(object);
    return this.#wanted.addresses.filter((one) => has.includes(one));
  }

  isDone(object: KubeObject | undefined): boolean {
    if (object === undefined) return true;
    const wasAnnounced = this.#before !== undefined && isAnnounced(this.#before);
    return this.#left(object).length === 0 && (!wasAnnounced || isAnnounced(object));
  }

  /** Whether the controller says that it cannot be; `elapsedMs` since the wish was written. */
  isRefused(object: KubeObject | undefined, elapsedMs: number): boolean {
    const wasSaid = this.#before !== undefined && isKept(this.#before);
    return object !== undefined && isKept(object) && (!wasSaid || elapsedMs >= STALE_MS);
  }

  done(object: KubeObject | undefined): ReleaseOutcome {
    const why = object === undefined ? "the Service was deleted meanwhile" : "";
    return { result: "released", to: this.#to(object), why, isFatal: false };
  }

  /** What is waited for, in words. */
  missingIn(object: KubeObject | undefined): string {
    if (object === undefined) return "";
    if (this.#left(object).length === 0) return `no speaker answers for ${listed(addressesOf(object), SHOWN)}`;
    if (!this.#hasBegun(object)) return "no controller has begun: does one lead? hawser status says so";
    return `no speaker answers for ${listed(this.#new(object), SHOWN)} yet`;
  }

  /** Takes the wish back, as long as nothing came of it. Never rejects. */
  async takeBack(why: string, isFatal: boolean): Promise<ReleaseOutcome> {
    const { editor, nowMs } = this.#world;
    const { addresses, service } = this.#wanted;
    if (!this.#mayBeWritten) return { result: "kept", to: new Map(), why, isFatal };
    // Also where the person interrupts: so its waits are not those of the world.
    let fault = "";
    for (const startMs = nowMs(); nowMs() - startMs < TAKE_BACK_MS; await sleep(LOOK_MS)) {
      try {
        const object = await editor.read(refOf(service));
        if (object === undefined || this.isDone(object)) return { ...this.done(object), isFatal };
        if (this.#hasBegun(object)) return this.#unfinished(object, why);
        const left = releaseTextWithout(object, addresses);
        const present = object.metadata.annotations[RELEASE_ANNOTATION];
        const isGone = present === undefined || releaseText(object, []) === left;
        if (isGone || (await editor.annotate(object, RELEASE_ANNOTATION, left)) === "written")
          return { result: "kept", to: new Map(), why, isFatal };
      } catch (error) {
        fault = (error as Error).message;
      }
    }
    const rest = `The annotation ${RELEASE_ANNOTATION} may still be on the Service (${fault}): remove it, or the controller obeys it.`;
    return { result: "unfinished", to: new Map(), why: `${why}. ${rest}`, isFatal: true };
  }

  #unfinished(object: KubeObject, why: string): ReleaseOutcome {
    const left = this.#left(object);
    const rest =
      left.length === 0
        ? "The address is exchanged."
        : `The controller finishes it: ${listed(left, SHOWN)} leaves when a speaker answers for ${listed(this.#new(object), SHOWN)}.`;
    return { result: "unfinished", to: this.#to(object), why: `${why}. ${rest}`, isFatal: true };
  }

  /** Whether the controller has assigned something in place of the addresses, or took one away. */
  #hasBegun(object: KubeObject): boolean {
    const leaving = (object.metadata.annotations[LEAVING_ANNOTATION] ?? "").split(",");
    return (
      this.#wanted.addresses.some((one) => leaving.includes(one)) ||
      this.#left(object).length < this.#wanted.addresses.length
    );
  }

  #new(object: KubeObject): readonly string[] {
    const before = this.#before === undefined ? [] : addressesOf(this.#before);
    return addressesOf(object).filter((one) => !before.includes(one));
  }

  #to(object: KubeObject | undefined): ReadonlyMap<string, string | undefined> {
    const coming = object === undefined ? [] : [...this.#new(object)];
    return new Map(
      this.#wanted.addresses.map((from) => {
        const at = coming.findIndex((one) => parseIp(one)?.family === parseIp(from)?.family);
        return [from, at < 0 ? undefined : coming.splice(at, 1)[0]] as const;
      }),
    );
  }
}

function refOf(service: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = service.split("/");
  return { namespace, name };
}

function addressesOf(object: KubeObject): readonly string[] {
  return ingressOf(object)
    .map(({ ip }) => textOf(ip))
    .filter((text) => text !== "");
}

function isAnnounced(object: KubeObject): boolean {
  return conditionOf(object, ANNOUNCED)?.["status"] === "True";
}

function isKept(object: KubeObject): boolean {
  return addressConditionOf(object)?.["reason"] === "AddressNotReleased";
}

function saidOf(object: KubeObject | undefined): string {
  return object === undefined ? "" : textOf(addressConditionOf(object)?.["message"]);
}
