// @vitest-environment jsdom
// Keys in jsdom.
import { testKeysInThisRealm } from './keys-in-a-page.ts'

testKeysInThisRealm()
