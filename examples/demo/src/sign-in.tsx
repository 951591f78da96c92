// Sign-in form, with the reason why it is shown.
import { type AuthErrorCode, isAuthError, type SignedOutReason } from 'everbearer'
import { useAuth } from 'everbearer/react'
import { type FormEvent, useState } from 'react'
import { demoUser } from '../demo-facts.ts'
import type { Credentials } from './auth.ts'

const titles: Readonly<Record<SignedOutReason, string>> = {
  'no-session': 'Sign in and watch',
  'signed-out': 'You signed out',
  'session-expired': 'Your session has ended',
  'user-changed': 'Another user signed in',
  idle: 'Signed out after inactivity',
  unreachable: 'The server cannot be reached'
}

const explanations: Readonly<Record<SignedOutReason, string>> = {
  'no-session':
    'Access tokens of this demo live for 30 seconds. The app below calls its API every second, without any code for tokens.',
  'signed-out':
    'The access token is deleted from memory, and the server has ended the session. This applies to every tab of this browser.',
  'session-expired':
    'The server rejected the refresh. Only such an explicit rejection ends the session; network failures, 5xx answers and late 401s do not.',
  'user-changed': 'The session in this browser now belongs to another user.',
  idle: 'The time without activity exceeded the limit of the idle policy.',
  unreachable:
    'The server has not said yet whether you are signed in. everbearer keeps asking, and signs you in by itself if your session still exists.'
}

export function SignIn({ reason }: { readonly reason: SignedOutReason }) {
  const { login } = useAuth<Credentials & Record<string, unknown>>()
  const [failure, setFailure] = useState<{ code: AuthErrorCode; message: string }>()
  const [isBusy, setIsBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setIsBusy(true)
    setFailure(undefined)
    try {
      await login({ email: String(form.get('email')), password: String(form.get('password')) })
    } catch (error) {
      if (!isAuthError(error)) throw error
      const { code, message } = error
      setFailure({
        code,
        message:
          code === 'ERR_AUTH_LOGIN_REJECTED'
            ? `Wrong password. The password of ${demoUser.email} is “${demoUser.password}”.`
            : message
      })
    } finally {
      setIsBusy(false)
    }
  }

  return (
    <section className="card sign-in" data-reason={reason} aria-labelledby="sign-in-title">
      <div className="sign-in-words">
        <h2 id="sign-in-title" data-testid="signed-out-title">
          {titles[reason]}
        </h2>
        <p>{explanations[reason]}</p>
      </div>
      <form onSubmit={submit} hidden={reason === 'unreachable'}>
        <label>
          Email
          <input
            name="email"
            type="email"
            autoComplete="username"
            defaultValue={demoUser.email}
            data-testid="email"
            required
          />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            defaultValue={demoUser.password}
            data-testid="password"
            required
          />
        </label>
        <button type="submit" className="button is-main" data-testid="sign-in" disabled={isBusy}>
          Sign in
        </button>
        <p className="form-error" role="alert" data-testid="sign-in-error">
          {failure === undefined ? null : (
            <>
              {failure.message} <code>{failure.code}</code>
            </>
          )}
        </p>
      </form>
    </section>
  )
}
