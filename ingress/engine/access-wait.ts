import type { AccessDecision } from "./access-control.ts";
import type { EngineContext } from "./context.ts";
import type { ForwardDecision, LackingDecision } from "./decide-request.ts";
import { readRequestHead } from "./h1/read-request-head.ts";
import type { ReceivedRequest } from "./request-head.ts";
import { withEndpointsNow } from "./endpoints/with-endpoints-now.ts";

/** What is known of a request when it begins to wait. */
interface AwaitedRequest {
  readonly decision: ForwardDecision | LackingDecision;
  readonly context: Pick<EngineContext, "requestHead" | "routes">;
}

/** The request of a client's connection that waits for its access: its head and what has come of its body, in a buffer of their own. */
export class AccessWait {
  /** Undefined: none waits. */
  #pieces: Buffer[] | undefined;

  get isOn(): boolean {
    return this.#pieces !== undefined;
  }

  /**
   * Keeps a request, from its first byte on, and calls back when its access is known, unless it has ended meanwhile: with the
   * endpoints that there are now, and with all of it that has come.
   */
  async begin(
    access: Promise<AccessDecision>,
    first: Buffer,
    { decision, context }: AwaitedRequest,
    onAccess: (found: AccessDecision, now: ReturnType<typeof withEndpointsNow>, received: ReceivedRequest) => void,
  ): Promise<void> {
    const pieces = [Buffer.from(first)];
    this.#pieces = pieces;
    const found = await access;
    if (this.#pieces !== pieces) return;
    this.#pieces = undefined;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const { requestHead: head, routes } = context;
    const bodyStart = readRequestHead(bytes, 0, bytes.length, head);
    onAccess(found, withEndpointsNow(decision, routes), { bytes, head, bodyStart, bodyEnd: bytes.length });
  }

  /** Keeps more of its body, if it waits. There is little: nothing is read from the client meanwhile. */
  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces?.push(Buffer.from(bytes.subarray(start, end)));
  }

  /** The client has gone, or the request was answered. */
  end(): void {
    this.#pieces = undefined;
  }
}
