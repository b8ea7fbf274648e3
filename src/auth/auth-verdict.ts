/** The head of an answer of the service that says who may come in. */
export interface AuthAnswer {
  readonly status: number;
  /** Names as they were written and values, one character for each byte. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/**
 * What an answer means: `pass` for 2xx; `refuse` for 401 and 403; `fail` for all else. An answer that says nothing of the
 * request never lets it in.
 */
export type AuthVerdict =
  | {
      readonly kind: "pass";
      /** For the endpoint: those of the named fields that the answer has, each once. */
      readonly fields: AuthAnswer["fields"];
      readonly cookies: readonly string[];
    }
  | {
      readonly kind: "refuse";
      readonly status: 401 | 403;
      /** What a client may do, of 401. */
      readonly challenges: readonly string[];
      readonly cookies: readonly string[];
    }
  | { readonly kind: "fail" };

/** Whether answers of this status say that a request may come in, or that it may not. */
export function isVerdict(status: number): boolean {
  return (status >= 200 && status <= 299) || status === 401 || status === 403;
}

/** What a field value may hold (RFC 9110 section 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Of cookies and challenges, each: an answer that has more is not taken in parts. */
const MAX_VALUES = 32;

/** Reads an answer for a rule that passes on fields of these names (in lower case). */
export function verdictOf({ status, fields }: AuthAnswer, passedOn: readonly string[]): AuthVerdict {
  if (!fields.every(([, value]) => VALUE.test(value))) return FAILED;
  const valuesOf = (wanted: string) =>
    fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.trim());
  const cookies = valuesOf("set-cookie");
  const challenges = valuesOf("www-authenticate");
  if (cookies.length > MAX_VALUES || challenges.length > MAX_VALUES) return FAILED;
  if (status === 401 || status === 403) return { kind: "refuse", status, challenges, cookies };
  if (!isVerdict(status)) return FAILED;
  const passed = passedOn.flatMap((name) => {
    const values = valuesOf(name);
    return values.length === 0 ? [] : [[name, values.join(", ")] as const];
  });
  return { kind: "pass", fields: passed, cookies };
}

const FAILED: AuthVerdict = { kind: "fail" };
