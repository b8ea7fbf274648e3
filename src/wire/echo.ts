/** Types of the messages that ask a machine whether it is there: RFC 792, RFC 4443 section 4.1. */
export const TYPE_ECHO_REQUEST = { ipv4: 8, ipv6: 128 } as const;

/** Types of their answers: RFC 792, RFC 4443 section 4.2. */
export const TYPE_ECHO_REPLY = { ipv4: 0, ipv6: 129 } as const;

/** Identifier and sequence number, which stand before the data. */
export const ECHO_HEADER_BYTES = 4;
