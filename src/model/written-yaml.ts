/** A step into a value: the key of a map, or the index in a list. */
export type Key = string | number;

/** How a value is written in a YAML text, and in which line (from 1). Looked up only for what needs it. */
export interface WrittenYaml {
  /** The line of the value that these keys lead to, or of the innermost one on the way that exists; undefined if unknown. */
  lineOf(keys: readonly Key[]): number | undefined;
  /** The line in which the text of a literal block (`config: |`) begins; undefined where the keys lead to no such block. */
  blockLineOf(keys: readonly Key[]): number | undefined;
  /** A plain value as it is written: `1.10`, where YAML reads the number 1.1. Undefined for anything else. */
  spellingOf(keys: readonly Key[]): string | undefined;
}

/** A value in a YAML text: the text, and the keys that lead to the value. */
export interface Place {
  readonly written: WrittenYaml;
  readonly keys: readonly Key[];
}

/** What is written inside a value; keys begin there. */
export function writtenInside({ written, keys: outer }: Place): WrittenYaml {
  return {
    lineOf: (keys) => written.lineOf([...outer, ...keys]),
    blockLineOf: (keys) => written.blockLineOf([...outer, ...keys]),
    spellingOf: (keys) => written.spellingOf([...outer, ...keys]),
  };
}

/** The line of the file in which line `line` of a text is, the text being a value in that file; undefined if unknown. */
export function lineInText(outer: Place | undefined, line: number | undefined): number | undefined {
  const start = outer?.written.blockLineOf(outer.keys);
  if (start === undefined) return outer?.written.lineOf(outer.keys);
  return line === undefined ? undefined : start + line - 1;
}

/** A document that is itself a text in another one, such as the pools under `data.config`, with the lines of the outer one. */
export function writtenInText(outer: Place | undefined, inner: WrittenYaml): WrittenYaml {
  return {
    lineOf: (keys) => lineInText(outer, inner.lineOf(keys)),
    blockLineOf: () => undefined,
    spellingOf: (keys) => inner.spellingOf(keys),
  };
}
