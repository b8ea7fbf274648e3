import type { Board } from "./board.ts";
import { lines, RATE } from "./panels.ts";

/** What the processes of these programs take: names joined by `|`. */
export function programRow(programs: string): Board["rows"][number] {
  const labels = `{namespace=~"$namespace", job=~"hawser-(${programs})"}`;
  return {
    title: "Processes",
    panels: [
      lines({ title: "CPU", description: "Cores in use.", unit: "short", width: 6 }, [
        `sum by (pod) (rate(process_cpu_seconds_total${labels}${RATE}))`,
        "{{pod}}",
      ]),
      lines(
        {
          title: "Memory",
          description: "Resident memory, which the limit of the container counts.",
          unit: "bytes",
          width: 6,
        },
        [`sum by (pod) (process_resident_memory_bytes${labels})`, "{{pod}}"],
      ),
      lines(
        {
          title: "Delay of the event loop",
          description: "p99: how long work waits while other work is done.",
          unit: "s",
          width: 6,
        },
        [`max by (pod) (nodejs_eventloop_lag_p99_seconds${labels})`, "{{pod}}"],
      ),
      lines(
        {
          title: "Starts, and dropped log lines",
          description: "Starts within an hour, and log lines that were dropped because the output was not read.",
          unit: "short",
          width: 6,
        },
        [`sum by (pod) (changes(process_start_time_seconds${labels}[1h]))`, "{{pod}} starts"],
        [`sum by (pod) (increase(hawser_log_lines_dropped_total${labels}${RATE})) > 0`, "{{pod}} dropped lines"],
      ),
    ],
  };
}
