import type { ConnectionEnds } from "./connection.ts";
import type { Admission, ConnectionGate } from "./connection-gate.ts";
import type { PrefaceSource, ProxyPreface } from "./proxy-preface.ts";

/** A connection that was accepted and is not let in yet. */
export interface Arrival extends PrefaceSource {
  /** Text of the address at the other end, IPv4-mapped IPv6 addresses as IPv4; undefined: it has reset the connection. */
  readonly address: string | undefined;
  /** Calls back when the connection is gone. */
  onGone(call: () => void): void;
}

/** Who decides whether connections come in. */
export interface Entrance {
  readonly gate: ConnectionGate;
  /** Connections of proxies that it trusts begin with a header, which says whose they are; without it none does. */
  readonly preface?: ProxyPreface | undefined;
}

/**
 * Asks the gate, and calls back where it lets the connection in: by the address of the client, which a trusted proxy in front says first. A
 * client whose address is no longer known has reset the connection: nothing of it is forwarded.
 */
export function admit(arrival: Arrival, { gate, preface }: Entrance, onAdmitted: (admission: Admission) => void): void {
  const { address } = arrival;
  gate.arrived += 1;
  if (address === undefined) {
    gate.vanished += 1;
    arrival.destroy();
  } else if (preface?.isExpectedFrom(address) === true) {
    preface.read(arrival, (ends) =>
      letIn(arrival, gate, { address: ends?.client.address ?? address, ends }, onAdmitted),
    );
  } else {
    letIn(arrival, gate, { address }, onAdmitted);
  }
}

function letIn(
  arrival: Arrival,
  gate: ConnectionGate,
  { address, ends }: { readonly address: string; readonly ends?: ConnectionEnds | undefined },
  onAdmitted: (admission: Admission) => void,
): void {
  const admission = gate.admit(arrival, address);
  if (admission === undefined) {
    arrival.destroy();
    return;
  }
  if (ends !== undefined) admission.ends = ends;
  arrival.onGone(() => gate.leave(admission));
  onAdmitted(admission);
}
