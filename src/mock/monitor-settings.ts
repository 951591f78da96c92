// Reads the options that are about monitoring.
import { describe, isRecord, refuseUnknownNames, seconds, wrong } from './expectations.ts'
import type { MockMonitorOptions, MonitorSettings } from './monitor-options.ts'

export const monitorOptionNames: readonly (keyof MockMonitorOptions)[] = ['spike']

export function readMonitorSettings({ spike = {} }: MockMonitorOptions): MonitorSettings {
  if (!isRecord(spike as unknown)) throw wrong('spike', 'be an object', describe(spike))
  refuseUnknownNames('spike.', spike, ['count', 'withinSeconds'])
  const { count = 10, withinSeconds = 60 } = spike
  if (!Number.isInteger(count) || count < 2 || count > 10_000) {
    throw wrong('spike.count', 'be a whole number from 2 to 10000', describe(count))
  }
  return {
    spike: { count, withinSeconds: seconds('spike.withinSeconds', withinSeconds, 1, 86_400) }
  }
}
