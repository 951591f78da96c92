// Options of createMockAuthServer: the parts together, and their validation.

import { type OptionTable, readTable } from '../lib/option-table.ts'
import { type AdapterSettings, adapterOptions, type MockAdapterOptions } from './adapters.ts'
import { type BasicSettings, basicOptions, type MockBasicOptions } from './basics.ts'
import {
  type ContractSettings,
  contractOptions,
  type MockContractOptions,
  requestHeaders
} from './contract.ts'
import {
  type CookieSettings,
  checkCookieName,
  cookieOptions,
  type MockCookieOptions
} from './cookies.ts'
import { checkKeys, type KeySettings, keyOptions, type MockKeyOptions } from './keys.ts'
import { type MockMonitorOptions, type MonitorSettings, monitorOptions } from './monitor.ts'
import { type MockReissueOptions, type ReissueSettings, reissueOptions } from './reissue.ts'
import { type MockRouteEntry, readRoutes } from './routes.ts'
import {
  checkRevocation,
  type MockSessionOptions,
  type SessionSettings,
  sessionOptions
} from './sessions.ts'

export interface MockAuthServerOptions
  extends MockContractOptions,
    MockBasicOptions,
    MockCookieOptions,
    MockKeyOptions,
    MockSessionOptions,
    MockReissueOptions,
    MockMonitorOptions,
    MockAdapterOptions {}

type OptionSettings = BasicSettings &
  ContractSettings &
  CookieSettings &
  KeySettings &
  SessionSettings &
  ReissueSettings &
  MonitorSettings &
  AdapterSettings

/** The options after validation, with every default filled in. */
export interface MockSettings extends Omit<OptionSettings, 'allowedHeaders' | 'paths'> {
  readonly allowedHeaders: readonly string[]
  readonly routes: readonly MockRouteEntry[]
}

const table: OptionTable<OptionSettings> = {
  ...contractOptions,
  ...basicOptions,
  ...cookieOptions,
  ...keyOptions,
  ...sessionOptions,
  ...reissueOptions,
  ...monitorOptions,
  ...adapterOptions
}

/** @throws TypeError that names the option, what was expected and what was received */
export function readSettings(options: MockAuthServerOptions = {}): MockSettings {
  const { paths, ...settings } = readTable<OptionSettings>('options', options, table, '')
  const { contract, allowedHeaders = requestHeaders(contract) } = settings
  checkKeys(settings, settings.issuer)
  const { invalidatesPrevious = false } = contract.refresh || {}
  checkRevocation(settings, settings.accessTokenSeconds, invalidatesPrevious)
  checkCookieName(settings)
  const routes = readRoutes(contract, { basePath: settings.basePath, paths })
  return { ...settings, allowedHeaders, routes }
}
