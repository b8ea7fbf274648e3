import { loadNative } from "#native/load.ts";

// From the kernel's headers: netinet/in.h, linux/tcp.h (struct tcp_info) and net/tcp_states.h.
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const STATE_AT = 0;
const RETRANSMITS_AT = 2;
const UNACKNOWLEDGED_AT = 24;
const LAST_SENT_AT = 44;
const LAST_ACKNOWLEDGEMENT_AT = 56;
const ROUND_TRIP_AT = 68;
/** As far as is read: kernels from 2.6 on tell so much. */
const INFO_BYTES = 72;
const SYN_SENT = 2;

/** What the kernel of the other end has said of what was sent to it. */
export interface Acknowledgement {
  /** It has not said yet that there is anything at its port. */
  readonly isConnecting: boolean;
  /** All that was sent has come there. */
  readonly isWhole: boolean;
  /** Milliseconds since something was sent to it, or sent again. */
  readonly sentMs: number;
  /** How often the first that is not acknowledged was sent again. */
  readonly timesSentAgain: number;
  /** Milliseconds since it acknowledged anything. */
  readonly silentMs: number;
  /** Milliseconds, as the kernel has smoothed them. */
  readonly roundTripMs: number;
}

const info = new Uint8Array(INFO_BYTES);
const view = new DataView(info.buffer);
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Of a TCP connection, which costs one system call. Undefined where the kernel or a missing native module does not tell. */
export function readAcknowledgement(descriptor: number): Acknowledgement | undefined {
  try {
    if (loadNative().getDescriptorOption(descriptor, IPPROTO_TCP, TCP_INFO, info) < INFO_BYTES) return undefined;
  } catch {
    return undefined;
  }
  return {
    isConnecting: info[STATE_AT] === SYN_SENT,
    isWhole: view.getUint32(UNACKNOWLEDGED_AT, isLittleEndian) === 0,
    sentMs: view.getUint32(LAST_SENT_AT, isLittleEndian),
    timesSentAgain: info[RETRANSMITS_AT]!,
    silentMs: view.getUint32(LAST_ACKNOWLEDGEMENT_AT, isLittleEndian),
    roundTripMs: view.getUint32(ROUND_TRIP_AT, isLittleEndian) / 1_000,
  };
}
