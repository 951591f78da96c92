// App of the recipes: a sign-in form, and a greeting with data of the API.
import { type AuthClient, isAuthError } from 'everbearer'

export interface Credentials {
  readonly email: string
  readonly password: string
}

const markup = `
  <form hidden>
    <input name="email" value="ada@example.com" aria-label="Email">
    <input name="password" type="password" value="lovelace" aria-label="Password">
    <button>Sign in</button>
  </form>
  <main hidden>
    <p data-greeting></p>
    <button data-ask>Ask again</button>
    <button data-sign-out>Sign out</button>
  </main>
  <p role="alert"></p>`

/** @returns a function that unmounts the app */
export function mountApp(root: HTMLElement, auth: AuthClient<Credentials>): () => void {
  root.innerHTML = markup
  const find = <Found extends HTMLElement>(selector: string): Found => {
    const found = root.querySelector<Found>(selector)
    if (found === null) throw new Error(`there is no ${selector}`)
    return found
  }
  const form = find<HTMLFormElement>('form')
  const main = find('main')
  const greeting = find('[data-greeting]')
  const alert = find('[role=alert]')

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    alert.textContent = ''
    try {
      await act()
    } catch (error) {
      alert.textContent = isAuthError(error) ? error.code : String(error)
    }
  }
  const ask = () =>
    attempt(async () => {
      const { data } = await auth.axios.get('/me')
      greeting.textContent = `Hello ${data.email}`
    })
  const render = () => {
    const { status } = auth.getState()
    form.hidden = status !== 'unauthenticated'
    main.hidden = status !== 'authenticated'
    if (status !== 'authenticated') greeting.textContent = ''
    else if (greeting.textContent === '') void ask()
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const { email, password } = Object.fromEntries(new FormData(form))
    void attempt(() => auth.login({ email: String(email), password: String(password) }))
  })
  find('[data-ask]').addEventListener('click', () => void ask())
  find('[data-sign-out]').addEventListener('click', () => void auth.logout())
  const unsubscribe = auth.subscribe(render)
  render()

  return () => {
    unsubscribe()
    auth.dispose()
    root.innerHTML = ''
  }
}
