// The mock has no place in production: its users' passwords stand in a test.
import { MockAuthServerError } from './lib/errors.ts'

/**
 * Looked up on the global object, which no bundler replaces: a page that is built for production and brings the mock
 * along (a published Storybook) guards nothing but itself.
 *
 * @throws MockAuthServerError `production` where the process runs with `NODE_ENV=production`
 */
export function refuseProduction(): void {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  if (process?.env?.NODE_ENV !== 'production') return
  throw new MockAuthServerError(
    'production',
    'The mock auth server does not run with NODE_ENV=production: it guards nothing.'
  )
}
