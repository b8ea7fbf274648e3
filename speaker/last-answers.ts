import type { Ip } from "#src/ip/address.ts";
import { type LastAnswer, printAnswers, type ReportedAnswers } from "#src/model/reported-answers.ts";

/**
 * When each announced address was answered for last, and which host asked: one entry for each address, changed in place for
 * each answer. It knows only addresses that are announced, because only these are answered for.
 */
export class LastAnswers {
  readonly #byFamily = {
    ipv4: new Map<bigint, { -readonly [Key in keyof LastAnswer]: LastAnswer[Key] }>(),
    ipv6: new Map<bigint, { -readonly [Key in keyof LastAnswer]: LastAnswer[Key] }>(),
  };
  #hasChanged = true;

  /** A request for the address was answered at this time, in milliseconds since 1970. */
  note(ip: Ip, asker: Ip, atMs: number): void {
    this.#hasChanged = true;
    const known = this.#byFamily[ip.family].get(ip.value);
    if (known === undefined) {
      this.#byFamily[ip.family].set(ip.value, { ip, asker, atMs });
      return;
    }
    known.asker = asker;
    known.atMs = atMs;
  }

  /** The address was withdrawn: where it is announced again, no request was answered since. */
  forget(ip: Ip): void {
    this.#hasChanged = this.#byFamily[ip.family].delete(ip.value) || this.#hasChanged;
  }

  /** What to report; undefined where that is as it was when it was taken last. */
  take(): ReportedAnswers | undefined {
    if (!this.#hasChanged) return undefined;
    this.#hasChanged = false;
    return printAnswers([...this.#byFamily.ipv4.values(), ...this.#byFamily.ipv6.values()]);
  }
}
