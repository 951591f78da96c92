// Reads the options that are about monitoring.
import { describe, invalid, ownOptions, seconds } from '../lib/checks.ts'
import type { MockMonitorOptions, MonitorSettings } from './monitor-options.ts'

export const monitorOptionNames: readonly (keyof MockMonitorOptions)[] = ['spike']

export function readMonitorSettings({ spike = {} }: MockMonitorOptions): MonitorSettings {
  const { count = 10, withinSeconds = 60 } = ownOptions<NonNullable<MockMonitorOptions['spike']>>(
    'spike',
    spike,
    ['count', 'withinSeconds']
  )
  if (!Number.isInteger(count) || count < 2 || count > 10_000) {
    throw invalid('spike.count', 'be a whole number from 2 to 10000', describe(count))
  }
  return {
    spike: { count, withinSeconds: seconds('spike.withinSeconds', withinSeconds, 1, 86_400) }
  }
}
