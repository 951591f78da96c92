// Reads the options that are about answers to protected calls.

import { describe, invalid, oneOf, ownOptions } from '../lib/checks.ts'
import type { MockReissue, MockReissueOptions, ReissueSettings } from './reissue-options.ts'

const headerNamePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

export const reissueOptionNames: readonly (keyof MockReissueOptions)[] = [
  'reissue',
  'invalidTokenStatus'
]

export function readReissueSettings(options: MockReissueOptions): ReissueSettings {
  return {
    reissue: readReissue(options.reissue ?? {}),
    invalidTokenStatus: readStatus(options.invalidTokenStatus ?? 401)
  }
}

function readReissue(given: unknown): Required<MockReissue> {
  const names = ['when', 'header', 'value', 'expose', 'cacheable'] as const
  const reissue = ownOptions<MockReissue>('reissue', given, names)
  const { when = 'old-key', header = 'Authorization', value = 'bearer' } = reissue
  if (typeof header !== 'string' || !headerNamePattern.test(header)) {
    throw invalid('reissue.header', 'be the name of a header (RFC 9110 §5.1)', describe(header))
  }
  if (typeof value !== 'function' && value !== 'bearer' && value !== 'bare') {
    throw invalid('reissue.value', "be 'bearer', 'bare' or a function", describe(value))
  }
  return {
    when: oneOf('reissue.when', when, ['old-key', 'always', 'never']),
    header,
    value,
    expose: readSwitch('reissue.expose', reissue.expose ?? true),
    cacheable: readSwitch('reissue.cacheable', reissue.cacheable ?? false)
  }
}

function readStatus(status: unknown): 401 | 403 {
  if (status === 401 || status === 403) return status
  throw invalid('invalidTokenStatus', 'be 401 or 403', describe(status))
}

function readSwitch(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'be true or false', describe(value))
}
