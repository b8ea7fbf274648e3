/** The name of a header field or cookie (a token of RFC 9110 section 5.6.2), of at most 128 characters. */
export const FIELD_NAME = /^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$/;
