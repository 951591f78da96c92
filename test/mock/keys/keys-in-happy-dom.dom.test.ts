// @vitest-environment happy-dom
// Keys under happy-dom.
import { testKeysInThisRealm } from './keys-in-a-page.ts'

testKeysInThisRealm()
