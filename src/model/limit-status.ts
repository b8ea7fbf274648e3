declare const isLimitStatus: unique symbol;

/** What a request beyond a limit may be answered: 400 to 599, as nginx has it. Only `limitStatus` makes one. */
export type LimitStatus = number & { readonly [isLimitStatus]: true };

/** A number, or its text, as such a status; undefined where it is none. */
export function limitStatus(value: number | string): LimitStatus | undefined {
  return /^[45]\d\d$/.test(String(value)) ? (Number(value) as LimitStatus) : undefined;
}
