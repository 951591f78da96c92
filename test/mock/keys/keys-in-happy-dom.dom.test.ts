// @vitest-environment happy-dom
// Keys in happy-dom.
import { testKeysInThisRealm } from './keys-in-a-page.ts'

testKeysInThisRealm()
