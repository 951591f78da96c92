// @vitest-environment jsdom
// Keys under jsdom.
import { testKeysInThisRealm } from './realm.ts'

testKeysInThisRealm()
