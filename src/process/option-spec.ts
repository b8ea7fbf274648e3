interface Common {
  /** One sentence without its full stop, for `--help`. */
  readonly help: string;
  /** What stands for the value in `--help`; by default the kind of value. */
  readonly placeholder?: string;
  /** One letter: `-f FILE`, `-f=FILE` and `-fFILE` are the flag, too, as in kubectl. */
  readonly short?: string;
}

interface StringOption extends Common {
  readonly kind: "string";
  readonly default?: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Without a value the program does not start. */
  readonly required?: boolean;
}

interface NumberOption extends Common {
  readonly kind: "number";
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
  readonly required?: boolean;
}

/** `--name` and `--no-name`; in the environment true, false, 1, 0, yes or no. */
interface BooleanOption extends Common {
  readonly kind: "boolean";
  /** False where left out. */
  readonly default?: boolean;
}

/** Values separated by commas, or the flag several times. */
interface ListOption extends Common {
  readonly kind: "list";
  /** Empty where left out. */
  readonly default?: readonly string[];
  /** A value may have commas: only the flag given several times gives several. */
  readonly isWhole?: boolean;
  /** Why a value is not allowed, and what to give instead; undefined if it is. */
  readonly whyBad?: (value: string) => { readonly why: string; readonly fix: string } | undefined;
}

export type OptionSpec = StringOption | NumberOption | BooleanOption | ListOption;

/** Options by name: `httpPort` is the flag `--http-port` and the variable HAWSER_HTTP_PORT. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export type OptionValue = string | number | boolean | readonly string[];

type Scalar<S extends OptionSpec> = S extends StringOption
  ? S extends { readonly choices: readonly (infer C)[] }
    ? C
    : string
  : number;

type ValueOf<S extends OptionSpec> = S extends BooleanOption
  ? boolean
  : S extends ListOption
    ? readonly string[]
    : S extends { readonly default: string | number } | { readonly required: true }
      ? Scalar<S>
      : Scalar<S> | undefined;

/** What the options of a spec are after parsing: undefined only where there is neither default nor `required`. */
export type OptionValues<S extends OptionSpecs> = { readonly [N in keyof S]: ValueOf<S[N]> };

/** `httpPort` -> `--http-port`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** All flags of an option, the short one first. */
export function flagsOf(name: string, { short }: OptionSpec): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), flagOf(name)];
}

/** `httpPort` -> `HAWSER_HTTP_PORT`. */
export function variableOf(name: string): string {
  return `HAWSER_${flagOf(name).slice(2).replaceAll("-", "_").toUpperCase()}`;
}
