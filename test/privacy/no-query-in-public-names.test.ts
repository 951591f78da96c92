// Public names: those of storage entries, locks and channels hold no query of a path, which may be
// an API key.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'

function namesOf(refresh: string): string[] {
  const names: string[] = []
  const auth = createAuthClient({
    baseURL: 'https://api.app.example',
    contract: { refresh },
    restore: 'hint',
    platform: {
      pageUrl: () => 'https://app.example/',
      storage: {
        getItem: (name) => {
          names.push(name)
          return null
        },
        setItem: (name) => void names.push(name),
        removeItem: (name) => void names.push(name)
      },
      openChannel: (name) => {
        names.push(name)
        return { post() {}, close() {} }
      }
    }
  })
  onTestFinished(auth.dispose)
  return names
}

it('the names hold no query of the refresh path, and differ for another query', () => {
  const [one = [], other = [], same = []] = ['hunter2', 'hunter3', 'hunter2'].map((key) =>
    namesOf(`/refresh?key=${key}`)
  )
  expect(one.length).toBeGreaterThan(0)
  expect(one.join()).toContain('https://api.app.example/refresh?')
  expect(one.join()).not.toContain('hunter2')
  expect(one).toEqual(same)
  expect(one).not.toEqual(other)
})
