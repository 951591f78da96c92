// useAuth: renders when the state changes, and at no other time.
import { createAuthClient } from 'everbearer'
import { AuthProvider, useAuth } from 'everbearer/react'
import { act, StrictMode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, it, onTestFinished, vi } from 'vitest'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

function createClient() {
  const fetch = async () => new Response(null, { status: 204 })
  const auth = createAuthClient({ restore: 'never', platform: { fetch } })
  onTestFinished(auth.dispose)
  return auth
}

function render(element: React.ReactNode): HTMLElement {
  const container = document.createElement('div')
  const root = createRoot(container)
  act(() => root.render(element))
  onTestFinished(() => act(() => root.unmount()))
  return container
}

const issue = (token: string) => async () => ({ access_token: token, expires_in: 300 })

function Status({ onRender }: { readonly onRender?: (result: object) => void }) {
  const result = useAuth()
  onRender?.(result)
  return <p>{result.status}</p>
}

it('renders the state, and renders again on sign-in and sign-out', async () => {
  const auth = createClient()
  const container = render(
    <StrictMode>
      <AuthProvider client={auth}>
        <Status />
      </AuthProvider>
    </StrictMode>
  )
  expect(container.textContent).toBe('unauthenticated')
  await act(() => auth.login(issue('a')))
  expect(container.textContent).toBe('authenticated')
  await act(async () => void auth.logout().catch(() => {}))
  expect(container.textContent).toBe('unauthenticated')
})

it('does not render again when only the token changes', async () => {
  const auth = createClient()
  await auth.login(issue('a'))
  const onRender = vi.fn()
  render(
    <AuthProvider client={auth}>
      <Status onRender={onRender} />
    </AuthProvider>
  )
  await act(() => auth.login(issue('b')))
  expect(onRender).toHaveBeenCalledTimes(1)
})

const encode = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, '')
const jwt = (claims: object) => `${encode({ alg: 'HS256' })}.${encode(claims)}.c2ln`

function Name({ onRender }: { readonly onRender: (user: unknown) => void }) {
  const { user } = useAuth()
  onRender(user)
  return <p>{String(user?.name ?? 'nobody')}</p>
}

it('renders the user, and renders again only if another token describes the user differently', async () => {
  const auth = createClient()
  const onRender = vi.fn()
  const container = render(
    <AuthProvider client={auth}>
      <Name onRender={onRender} />
    </AuthProvider>
  )
  expect(container.textContent).toBe('nobody')
  await act(() => auth.login(issue(jwt({ sub: '1', name: 'Ada', iat: 1, exp: 9 }))))
  expect(container.textContent).toBe('Ada')
  await act(() => auth.login(issue(jwt({ sub: '1', name: 'Ada', iat: 2, exp: 10 }))))
  expect(onRender).toHaveBeenCalledTimes(2)
  await act(() => auth.login(issue(jwt({ sub: '1', name: 'Ada L.', iat: 3, exp: 11 }))))
  expect(container.textContent).toBe('Ada L.')
  await act(async () => void auth.logout().catch(() => {}))
  expect(container.textContent).toBe('nobody')
})

it('hydrates server-rendered markup without a mismatch', async () => {
  const auth = createClient()
  await auth.login(issue('a'))
  const app = (
    <AuthProvider client={auth}>
      <Status />
    </AuthProvider>
  )
  const container = document.createElement('div')
  container.innerHTML = renderToString(app)
  expect(container.textContent).toBe('initializing')
  const onRecoverableError = vi.fn()
  const root = await act(() => hydrateRoot(container, app, { onRecoverableError }))
  onTestFinished(() => act(() => root.unmount()))
  expect(container.textContent).toBe('authenticated')
  expect(onRecoverableError).not.toHaveBeenCalled()
})

it('throws an error that names AuthProvider if it is missing', () => {
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => renderToString(<Status />)).toThrow('AuthProvider')
  silent.mockRestore()
})
