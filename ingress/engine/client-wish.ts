import type { ResponseEdit } from "#src/filters/response-edit.ts";
import { methodIs, type RequestHead } from "./request-head.ts";

/** What the request that is answered now, and its rule, say of its answer, and of the connection after it. */
export class ClientWish {
  /** The client wants to use the connection again. */
  isPersistent = false;
  /** The client has said, in a request that we understood, that no other will follow. */
  isLastRequest = false;
  /** The answer has no body. */
  isHead = false;
  /** What the rule does to the head of the answer. */
  edit: ResponseEdit | undefined;
  #isHttp10 = false;

  /** A head is complete. */
  take(bytes: Buffer, head: RequestHead): void {
    this.#isHttp10 = head.minorVersion === 0;
    this.isHead = methodIs(bytes, head, "HEAD");
    this.isPersistent = !head.connection.close && (!this.#isHttp10 || head.connection.keepAlive);
    this.isLastRequest = !this.isPersistent;
  }

  /** What follows on the connection cannot be understood or trusted, whatever the client wants. */
  distrust(): void {
    this.isPersistent = this.isLastRequest = false;
  }

  /** The request has its answer. What it says of that says nothing of the next head, which may turn out unreadable. */
  forgetAnswer(): void {
    this.#isHttp10 = this.isHead = false;
    this.edit = undefined;
  }

  /** What the field Connection of one of our own answers says. */
  connectionOption(mayKeepAlive: boolean): "default" | "keep-alive" | "close" {
    const keptOpen = this.#isHttp10 ? "keep-alive" : "default";
    return mayKeepAlive ? keptOpen : "close";
  }
}
