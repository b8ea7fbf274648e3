/** A series of a target, as `input_series` of `promtool test rules` has it. */
export interface TargetSeries {
  readonly program: string;
  readonly metric: string;
  /** Those that the program exports; the rest of `series` is what Prometheus adds by config/monitoring. */
  readonly labels: Readonly<Record<string, string>>;
  readonly series: string;
  readonly values: string;
}

type Make = (metric: string, values: string, labels?: Readonly<Record<string, string>>) => TargetSeries;

const PORTS = { controller: 9120, speaker: 9121, ingress: 10_254 } as const;

/** The labels that config/monitoring gives each target of a program; replica 1 is on node n1. */
export function targetLabels(program: keyof typeof PORTS, replica: number): Readonly<Record<string, string>> {
  return {
    job: `hawser-${program}`,
    instance: `192.0.2.${replica}:${PORTS[program]}`,
    namespace: "hawser-system",
    pod: `hawser-${program}-${replica}`,
    container: program,
    node: `n${replica}`,
  };
}

function maker(program: keyof typeof PORTS, replica: number): Make {
  return (metric, values, labels = {}) => {
    const all = Object.entries({ ...targetLabels(program, replica), ...labels });
    const series = `${metric}{${all.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}}`;
    return { program, metric, labels, series, values };
  };
}

/** Makes series of the controller of this replica, and so on. */
export const controller = (replica: number): Make => maker("controller", replica);
export const speaker = (replica: number): Make => maker("speaker", replica);
export const ingress = (replica: number): Make => maker("ingress", replica);
