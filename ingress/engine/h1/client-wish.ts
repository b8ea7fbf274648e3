import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { DateLine } from "#ingress/engine/date-line.ts";
import type { AnswerCause } from "#ingress/engine/decide-request.ts";
import { type AnswerStatus, printAnswer } from "./answer.ts";
import { methodIs, type RequestHead } from "#ingress/engine/request-head.ts";

/** What the request that is answered now says of its answer, and of the connection after it. */
export class ClientWish {
  /** The client wants to use the connection again. */
  isPersistent = false;
  /** The client has said, in a request that we understood, that no other will follow. */
  isLastRequest = false;
  /** The answer has no body. */
  isHead = false;
  isHttp10 = false;

  /** A head is complete. */
  take(bytes: Buffer, head: RequestHead): void {
    this.isHttp10 = head.minorVersion === 0;
    this.isHead = methodIs(bytes, head, "HEAD");
    this.isPersistent = !head.connection.close && (!this.isHttp10 || head.connection.keepAlive);
    this.isLastRequest = !this.isPersistent;
  }

  /** What follows on the connection cannot be understood or trusted, whatever the client wants. */
  distrust(): void {
    this.isPersistent = this.isLastRequest = false;
  }

  /** The request has its answer. What it says of that says nothing of the next head, which may turn out unreadable. */
  forgetAnswer(): void {
    this.isHttp10 = this.isHead = false;
  }

  /** One of our own answers to it. */
  print(
    status: AnswerStatus,
    { location, fields, grpc }: AnswerCause,
    how: { readonly mayKeepAlive: boolean; readonly date: DateLine; readonly edit: ResponseEdit | undefined },
  ): Buffer {
    const { mayKeepAlive, date, edit } = how;
    const connection = this.option(mayKeepAlive);
    return printAnswer(status, { isHead: this.isHead, connection, date, location, fields, edit, grpc });
  }

  /** What an answer says about the connection. */
  option(mayKeepAlive: boolean): "default" | "keep-alive" | "close" {
    const keptOpen = this.isHttp10 ? "keep-alive" : "default";
    return mayKeepAlive ? keptOpen : "close";
  }
}
