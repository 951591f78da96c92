// The options that are about answers to protected calls: how a token is re-issued, and how a bad one is refused.
import { describe, invalid, oneOf, ownOptions } from '../lib/checks.ts'
/** How a new access token travels on the answer to a call whose own token is on its way out. */
export interface MockReissue {
  /**
   * When. `old-key` (default): the call's token was signed with a key that no longer signs. `always`: on every
   * protected answer. `never`: on none, as on a server that does not know how.
   */
  readonly when?: 'old-key' | 'always' | 'never'
  /** Name of the header, in the case in which it is sent. Default `Authorization`. */
  readonly header?: string
  /**
   * The value of the header. Default `bearer`: `Bearer` and the token (RFC 6750 §2.1). `bare`: the token alone. A
   * function makes any other value, wrong ones included.
   */
  readonly value?: 'bearer' | 'bare' | ((token: string) => string)
  /**
   * Does `Access-Control-Expose-Headers` name the header? Default true. Without it no page of another origin can read
   * the token: the commonest mistake.
   */
  readonly expose?: boolean
  /**
   * May a cache keep the answer, token and all? Default false: it says `no-store` and `Vary: Authorization`. With true
   * the headers are left as your handler wrote them: the second commonest mistake.
   */
  readonly cacheable?: boolean
}

export interface MockReissueOptions {
  readonly reissue?: MockReissue
  /**
   * Status of the answer to a bad access token. Default 401, with the challenge of RFC 6750 §3. With 403 it is what many
   * servers send in its place: no challenge, and `Invalid or expired token` as the description. A missing token is a 401
   * either way.
   */
  readonly invalidTokenStatus?: 401 | 403
}

/** The options about answers, after validation. */
export interface ReissueSettings {
  readonly reissue: Required<MockReissue>
  readonly invalidTokenStatus: 401 | 403
}

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
    throw invalid('reissue.header', 'the name of a header (RFC 9110 §5.1)', describe(header))
  }
  if (typeof value !== 'function' && value !== 'bearer' && value !== 'bare') {
    throw invalid('reissue.value', "'bearer', 'bare' or a function", describe(value))
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
  throw invalid('invalidTokenStatus', '401 or 403', describe(status))
}

function readSwitch(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', describe(value))
}
