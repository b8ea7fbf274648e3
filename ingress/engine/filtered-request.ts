import type { FilterRequest } from "#src/filters/filter-request.ts";
import { hostOf } from "#src/routing/host.ts";
import type { RequestHead } from "./request-head.ts";
import { hostText, targetText } from "./request-route.ts";

/** A request head as filters see it: good for as long as the head is. */
export class FilteredRequest implements FilterRequest {
  readonly isSecure: boolean;
  readonly path: string;
  readonly #bytes: Buffer;
  readonly #head: RequestHead;

  constructor(bytes: Buffer, head: RequestHead, known: Pick<FilterRequest, "isSecure" | "path">) {
    this.#bytes = bytes;
    this.#head = head;
    this.isSecure = known.isSecure;
    this.path = known.path;
  }

  get host(): string | undefined {
    return hostOf(hostText(this.#bytes, this.#head));
  }

  get authority(): string {
    return hostText(this.#bytes, this.#head);
  }

  get query(): string {
    return this.#bytes.toString("latin1", this.#head.queryStart + 1, this.#head.queryEnd);
  }

  get target(): string {
    return targetText(this.#bytes, this.#head);
  }
}
