const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1_024, m: 1_048_576, g: 1_073_741_824 };

/** The bytes of a size as ingress-nginx takes it: `512`, `8k`, `1m`, `2G`. Undefined where the text is not one. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})([bkmg]?)$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * UNITS[(match[2] ?? "").toLowerCase()]!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
