/** `tablefold/metrics`: ways on which metrics and traces leave a process. */
export * as Metrics from "./Metrics.ts"
