// Options of createMockAuthServer: the parts together, and their validation.
import { type AdapterSettings, adapterOptions, type MockAdapterOptions } from './adapters.ts'
import { type BasicSettings, basicOptions, joinPaths, type MockBasicOptions } from './basics.ts'
import {
  type CookieSettings,
  checkCookieName,
  cookieOptions,
  type MockCookieOptions
} from './cookies.ts'
import { checkKeys, type KeySettings, keyOptions, type MockKeyOptions } from './keys.ts'
import { type MockMonitorOptions, type MonitorSettings, monitorOptions } from './monitor.ts'
import { type OptionTable, readTable } from './option-table.ts'
import { type MockReissueOptions, type ReissueSettings, reissueOptions } from './reissue.ts'
import {
  checkRevocation,
  type MockSessionOptions,
  type SessionSettings,
  sessionOptions
} from './sessions.ts'

export interface MockAuthServerOptions
  extends MockBasicOptions,
    MockCookieOptions,
    MockKeyOptions,
    MockSessionOptions,
    MockReissueOptions,
    MockMonitorOptions,
    MockAdapterOptions {}

/** The options after validation, with every default filled in. `paths` include `basePath`. */
export interface MockSettings
  extends BasicSettings,
    CookieSettings,
    KeySettings,
    SessionSettings,
    ReissueSettings,
    MonitorSettings,
    AdapterSettings {}

const table: OptionTable<MockSettings> = {
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
  const settings = readTable<MockSettings>('options', options, table, '')
  checkKeys(settings, settings.issuer)
  checkRevocation(settings, settings.accessTokenSeconds)
  checkCookieName(settings)
  return { ...settings, paths: joinPaths(settings) }
}
