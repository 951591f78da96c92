// The page's head: what this is, who is signed in, and the way out.
import { type AuthState, isAuthError } from 'everbearer'
import { useAuth } from 'everbearer/react'
import type { ReactNode } from 'react'
import berry from './berry.svg'
import { say, useHistory } from './history.ts'

export function Header(): ReactNode {
  const { status, logout, ...state } = useAuth()
  const email = useHistory((history) => history.email)
  const degraded = 'degraded' in state ? state.degraded : undefined

  async function signOut() {
    try {
      const { confirmed } = await logout()
      if (!confirmed) say('alert', 'The server could not be told of the sign-out yet.')
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
        <p>Keeps the user signed in, and nobody notices.</p>
      </div>
      <p className="status" data-testid="status" data-status={status} role="status">
        <span className="status-dot" />
        {describe(status, email)}
        {degraded === undefined ? '' : ' (server out of reach, trying again)'}
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
