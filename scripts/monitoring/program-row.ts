import type { Board } from "./board.ts";

/** What the processes of these programs take: names joined by `|`. */
export function programRow(programs: string): Board["rows"][number] {
  const labels = `{namespace=~"$namespace", job=~"hawser-(${programs})"}`;
  return {
    title: "Processes",
    panels: [
      {
        title: "CPU",
        description: "Cores in use.",
        type: "timeseries",
        unit: "short",
        width: 6,
        queries: [
          { expr: `sum by (pod) (rate(process_cpu_seconds_total${labels}[$__rate_interval]))`, legend: "{{pod}}" },
        ],
      },
      {
        title: "Memory",
        description: "Resident memory, which the limit of the container counts.",
        type: "timeseries",
        unit: "bytes",
        width: 6,
        queries: [{ expr: `sum by (pod) (process_resident_memory_bytes${labels})`, legend: "{{pod}}" }],
      },
      {
        title: "Delay of the event loop",
        description: "p99: how long work waits while other work is done.",
        type: "timeseries",
        unit: "s",
        width: 6,
        queries: [{ expr: `max by (pod) (nodejs_eventloop_lag_p99_seconds${labels})`, legend: "{{pod}}" }],
      },
      {
        title: "Starts, and dropped log lines",
        description: "Starts within an hour, and log lines that were dropped because the output was not read.",
        type: "timeseries",
        unit: "short",
        width: 6,
        queries: [
          { expr: `sum by (pod) (changes(process_start_time_seconds${labels}[1h]))`, legend: "{{pod}} starts" },
          {
            expr: `sum by (pod) (increase(hawser_log_lines_dropped_total${labels}[$__rate_interval])) > 0`,
            legend: "{{pod}} dropped lines",
          },
        ],
      },
    ],
  };
}
