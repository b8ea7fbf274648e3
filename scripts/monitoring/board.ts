/** A line, or a value, of a panel. */
interface Query {
  /** PromQL; `$name` are variables of the board. */
  readonly expr: string;
  /** A template of Grafana: `{{label}}`. */
  readonly legend: string;
}

/** One panel of a board. */
export interface Panel {
  readonly title: string;
  /** What it shows and what is worth a look, for a person who has not seen it before. */
  readonly description: string;
  readonly type: "timeseries" | "stat" | "bargauge" | "table";
  /** A unit of Grafana: `short`, `reqps`, `s`, `bytes`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24. */
  readonly width: number;
  /** From this value on it is red; below it, green. */
  readonly redFrom?: number;
  /** Below this value it is red, from it on, green. */
  readonly redBelow?: number;
  /** Lines are put on top of each other. */
  readonly isStacked?: boolean;
}

/** Panels under one title. */
interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A choice at the head of a board: the values of a label. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** The series whose label is asked for. */
  readonly metric: string;
  readonly of: string;
}

/** A board of Grafana. */
export interface Board {
  /** Part of its address in Grafana. */
  readonly uid: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}
