// @vitest-environment happy-dom
// Keys under happy-dom.
import { testKeysInThisRealm } from './realm.ts'

testKeysInThisRealm()
