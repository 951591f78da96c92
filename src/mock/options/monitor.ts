// Monitor options: how many events in how many seconds are a spike.
import { seconds, whole } from '../lib/checks.ts'
import { type OptionTable, readTable, type SettingsOf } from '../lib/option-table.ts'

export interface MockMonitorOptions {
  /** When the server emits a `spike` event: `count` events of one kind within `withinSeconds`. */
  readonly spike?: MockSpike
}

export interface MockSpike {
  /** Number of events, 2 to 10 000. Default 10. */
  readonly count?: number
  /** Length of the time window, in whole seconds from 1 to 86 400. Default 60. */
  readonly withinSeconds?: number
}

export type MonitorSettings = SettingsOf<
  MockMonitorOptions,
  { readonly spike: Required<MockSpike> }
>

const spikeOptions: OptionTable<Required<MockSpike>> = {
  count: (name, value = 10) => whole(name, value, [2, 10_000]),
  withinSeconds: (name, value = 60) => seconds(name, value, 1, 86_400)
}

export const monitorOptions: OptionTable<MonitorSettings> = {
  spike: (name, value = {}) => readTable(name, value, spikeOptions)
}
