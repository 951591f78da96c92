// The options that are about monitoring: what counts as a spike.
import { describe, invalid, ownOptions, seconds } from '../lib/checks.ts'
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

export const monitorOptionNames: readonly (keyof MockMonitorOptions)[] = ['spike']

export function readMonitorSettings({ spike = {} }: MockMonitorOptions): MonitorSettings {
  const { count = 10, withinSeconds = 60 } = ownOptions<NonNullable<MockMonitorOptions['spike']>>(
    'spike',
    spike,
    ['count', 'withinSeconds']
  )
  if (!Number.isInteger(count) || count < 2 || count > 10_000) {
    throw invalid('spike.count', 'a whole number from 2 to 10000', describe(count))
  }
  return {
    spike: { count, withinSeconds: seconds('spike.withinSeconds', withinSeconds, 1, 86_400) }
  }
}
