export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const SLASH = 0x2f;

/** Capital letters become small ones, all else stays. */
export const LOWER = table((code) => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code));

/**
 * For the characters of a token (RFC 9110 section 5.6.2) 1 for letters, digits and the hyphen, 2 for the underscore, 4 for
 * the others; else 0.
 */
export const TOKEN = table((code) => {
  if (code === 0x5f) return 2;
  if (/[!#$%&'*+.^`|~]/.test(ascii(code))) return 4;
  return /[-0-9A-Za-z]/.test(ascii(code)) ? 1 : 0;
});

/** 1 for what the name of a field of HTTP/2 may hold: the characters of a token, without capital letters (RFC 9113 section 8.2.1). */
export const SMALL_NAME = table((code) => Number(TOKEN[code] !== 0 && code === LOWER[code]));

/** 1 for what a field value may hold (RFC 9110 section 5.5): all but control characters, tab excepted. */
export const VALUE = table((code) => Number(code === TAB || (code >= SPACE && code !== 0x7f)));

/** 1 for what a request target may hold: no blank, no control character. Bytes above 0x7f pass, as at nginx. */
export const TARGET = table((code) => Number(code > SPACE && code !== 0x7f));

/** 1 for what a method may hold. Methods are case-sensitive and no registered one has a small letter. */
export const METHOD = table((code) => Number(/[A-Z0-9_-]/.test(String.fromCharCode(code))));

/** The digit's value, or 255. */
export const HEX = table((code) => (/[0-9A-Fa-f]/.test(ascii(code)) ? Number.parseInt(ascii(code), 16) : 255));

function table(valueOf: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => valueOf(code));
}

function ascii(code: number): string {
  return code < 0x80 ? String.fromCharCode(code) : "";
}

/** Whether a byte is one of the blanks around values. */
export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Whether bytes spell a text of small letters, in any case. */
export function spells(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (LOWER[bytes[start + index]!] !== text[index]) return false;
  }
  return true;
}

/** A decimal number of 1 to 15 digits (so that it is exact), or -1. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
