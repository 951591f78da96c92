// JSON body of the mock: reads a value at a dotted path.
import { expect, it } from 'vitest'
import { valueAt } from '../../../src/mock/lib/json-body.ts'

it('reads a value inside of objects and lists', () => {
  expect(valueAt({ user: { emails: ['ada@example.com'] } }, 'user.emails.0')).toBe(
    'ada@example.com'
  )
})

it('prefers a member with the whole path as its name', () => {
  expect(valueAt({ 'user.email': 'ada', user: { email: 'grace' } }, 'user.email')).toBe('ada')
})

it.each(['user.name', 'user.email.length', 'toString', 'constructor.name', '__proto__.x'])(
  'finds nothing at %s, which is not a path of own members',
  (path) => {
    expect(valueAt({ user: { email: 'ada' } }, path)).toBe(undefined)
  }
)
