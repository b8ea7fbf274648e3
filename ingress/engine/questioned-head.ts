import type { QuestionedRequest } from "#src/auth/auth-question.ts";
import type { Ip } from "#src/ip/address.ts";
import { hostOf } from "#src/routing/host.ts";
import { isForwardedNormalized } from "#src/routing/path.ts";
import type { AccessRequest } from "./access-control.ts";
import { clientIp } from "./client-ip.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestClient } from "./filtered-request.ts";
import { HeaderField } from "./header-field.ts";
import type { RequestHead } from "./request-head.ts";
import { hostText, pathText } from "./request-route.ts";

/** A request head as those see it who say whether it may come in: good for as long as the head is. */
export class QuestionedHead implements AccessRequest {
  readonly #bytes: Buffer;
  readonly #head: RequestHead;
  readonly #client: RequestClient;
  /** Normalised. */
  readonly path: string;
  readonly #backendHost: string;

  constructor(bytes: Buffer, head: RequestHead, known: { client: RequestClient; path: string; backendHost: string }) {
    this.#bytes = bytes;
    this.#head = head;
    this.#client = known.client;
    this.path = known.path;
    this.#backendHost = known.backendHost;
  }

  get isSecure(): boolean {
    return this.#client.isSecure;
  }

  get remoteAddress(): string {
    return this.#client.remoteAddress;
  }

  get clientIp(): Ip | undefined {
    return clientIp(this.#client);
  }

  get hops(): number {
    return this.#head.hops;
  }

  get method(): string {
    return this.#bytes.toString("latin1", this.#head.start, this.#head.methodEnd);
  }

  /** Path and query as the endpoint gets them where no rule rewrites them. */
  get target(): string {
    const raw = pathText(this.#bytes, this.#head);
    const path = isForwardedNormalized(raw) ? this.path : raw;
    return path + this.#bytes.toString("latin1", this.#head.queryStart, this.#head.queryEnd);
  }

  get hostField(): string {
    const text = hostText(this.#bytes, this.#head);
    return text === "" ? this.#backendHost : text;
  }

  get authority(): string {
    return this.#client.forwardedHost ?? this.hostField;
  }

  get host(): string {
    return hostOf(this.hostField) ?? this.#backendHost;
  }

  get fields(): QuestionedRequest["fields"] {
    return Array.from({ length: this.#head.lines.count }, (_, index) => index)
      .filter((index) => this.#isShown(index))
      .map((index) => this.#fieldAt(index));
  }

  field(name: string): string {
    return this.valuesOf(name).join(", ");
  }

  valuesOf(name: string): readonly string[] {
    return fieldValues(this.#bytes, this.#head, name);
  }

  shown(): QuestionedRequest {
    const { isSecure, remoteAddress, hops, method, path, target, hostField, authority, host, fields } = this;
    const field = (wanted: string) =>
      fields
        .filter(([name]) => name.toLowerCase() === wanted)
        .map(([, value]) => value)
        .join(", ");
    return { isSecure, remoteAddress, hops, method, path, target, hostField, authority, host, fields, field };
  }

  kept(): AccessRequest {
    const shown = this.shown();
    const all = Array.from({ length: this.#head.lines.count }, (_, index) => this.#fieldAt(index));
    const valuesOf = (wanted: string) =>
      all.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
    const kept: AccessRequest = {
      ...shown,
      clientIp: this.clientIp,
      valuesOf,
      field: (name) => valuesOf(name).join(", "),
      shown: () => shown,
      kept: () => kept,
    };
    return kept;
  }

  #fieldAt(index: number): readonly [name: string, value: string] {
    const { lines } = this.#head;
    return [
      this.#bytes.toString("latin1", lines.nameStart[index], lines.nameEnd[index]),
      this.#bytes.toString("latin1", lines.valueStart[index], lines.valueEnd[index]),
    ];
  }

  /** Names with unusual characters could be those of fields that are ours to write. */
  #isShown(index: number): boolean {
    const { lines, connection } = this.#head;
    switch (lines.field[index]) {
      case HeaderField.Other:
        return !connection.names(this.#bytes, lines.nameStart[index]!, lines.nameEnd[index]!);
      case HeaderField.Credential:
      case HeaderField.XRequestId:
      case HeaderField.Date:
        return true;
      default:
        return false;
    }
  }
}
