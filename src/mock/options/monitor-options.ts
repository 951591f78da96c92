// The options that are about monitoring: what counts as a spike.

export interface MockMonitorOptions {
  /** What counts as a spike of one kind of event. */
  readonly spike?: {
    /** How many of them, 2 to 10 000. Default 10. */
    readonly count?: number
    /** Within how many whole seconds, 1 to 86 400. Default 60. */
    readonly withinSeconds?: number
  }
}

/** The options about monitoring, after validation. */
export interface MonitorSettings {
  readonly spike: { readonly count: number; readonly withinSeconds: number }
}
