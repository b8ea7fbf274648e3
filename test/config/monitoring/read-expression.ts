/** A condition of a selector: `status="5xx"`. */
interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

/** What an expression of PromQL names. promtool says whether it is one at all. */
export interface Expression {
  readonly selectors: readonly { readonly metric: string; readonly matchers: readonly Matcher[] }[];
  /** Labels after by, without, on, ignoring, group_left and group_right. */
  readonly grouped: readonly string[];
}

const WORDS = new Set(["and", "or", "unless", "bool", "offset"]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** Reads the metrics and labels of an expression: names that are neither a function nor a word of the language are metrics. */
export function readExpression(text: string): Expression {
  const grouped = [...text.matchAll(GROUPING)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? []);
  const rest = text.replaceAll(GROUPING, " ");
  const token = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[\d.]+[a-z]*/g;
  const selectors = [...rest.matchAll(token)].flatMap(([, name, matchers = "", call]) =>
    name === undefined || call !== undefined || WORDS.has(name)
      ? []
      : [{ metric: name, matchers: readMatchers(matchers) }],
  );
  return { selectors, grouped };
}

function readMatchers(text: string): readonly Matcher[] {
  return [...text.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = "", op = "", value = ""]) => ({
    label,
    op,
    value,
  }));
}
