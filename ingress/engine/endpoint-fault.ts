import type { EndpointFailure } from "./counters.ts";

/** Why a stream ends that is not a connection of its own: what its owner knows better than the kernel. */
export interface EndpointFault extends Error {
  readonly failure: EndpointFailure;
  /** The connection lives on, or was not an old one that the endpoint has closed: the fault is not that of its age. */
  readonly isOfStream: boolean;
}

/** The error that ends a stream for this reason. */
export function endpointFault(failure: EndpointFailure, isOfStream: boolean): EndpointFault {
  return Object.assign(new Error(failure), { failure, isOfStream });
}

/** The reason that an error has, if it has one. */
export function faultOf(error: Error | undefined): EndpointFault | undefined {
  return error !== undefined && "failure" in error ? (error as EndpointFault) : undefined;
}

/** What the kernel says of a connection whose peer it cannot reach, or that left its keep-alive probes unanswered. */
const UNREACHABLE: ReadonlySet<string> = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

/** Whether the code of an error says that the network found no way to an endpoint. */
export function isUnreachable(code: string): boolean {
  return UNREACHABLE.has(code);
}
