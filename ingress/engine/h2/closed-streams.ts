import { HTTP2_BOUNDS } from "./http2-bounds.ts";

/** The streams that were over last, oldest forgotten: frames of them may still be on their way. */
export class ClosedStreams {
  readonly #ids = new Int32Array(HTTP2_BOUNDS.rememberedStreams);
  /** By place: we have ended it, before the client had. */
  readonly #wasCut = new Uint8Array(HTTP2_BOUNDS.rememberedStreams);
  #next = 0;

  add(id: number, wasCut: boolean): void {
    this.#ids[this.#next] = id;
    this.#wasCut[this.#next] = Number(wasCut);
    this.#next = (this.#next + 1) % HTTP2_BOUNDS.rememberedStreams;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  /** Whether the client may not know yet that it is over. */
  isCut(id: number): boolean {
    const place = this.#ids.indexOf(id);
    return place !== -1 && this.#wasCut[place] === 1;
  }
}
