// Page header: title, state of the session, and the sign-out button.
import { type AuthState, isAuthError } from 'everbearer'
import { useAuth } from 'everbearer/react'
import berry from './berry.svg'
import { say, useHistory } from './history/history.ts'

export function Header() {
  const { status, logout, ...state } = useAuth()
  const email = useHistory((history) => history.email)
  const degraded = 'degraded' in state ? state.degraded : undefined

  async function signOut() {
    try {
      const { confirmed } = await logout()
      if (!confirmed)
        say('alert', 'Signed out here. The server has not confirmed it yet; everbearer will retry.')
    } catch (error) {
      if (!isAuthError(error)) throw error
      say('alert', error.message)
    }
  }

  return (
    <header className="page-head">
      <img className="logo" src={berry} alt="" width="32" height="32" />
      <div className="brand">
        <h1>everbearer</h1>
        <p>Keeps the user of a single-page app signed in.</p>
      </div>
      <p className="status" data-testid="status" data-status={status} role="status">
        <span className="status-dot" />
        {describe(status, email)}
        {degraded === undefined ? '' : ' (refresh failed, retrying)'}
      </p>
      <button
        type="button"
        className="button"
        data-testid="sign-out"
        disabled={status !== 'authenticated'}
        onClick={signOut}
      >
        Sign out
      </button>
    </header>
  )
}

function describe(status: AuthState['status'], email: string | undefined): string {
  if (status === 'initializing') return 'Restoring the session'
  if (status === 'unauthenticated') return 'Signed out'
  return email === undefined ? 'Signed in' : `Signed in as ${email}`
}
