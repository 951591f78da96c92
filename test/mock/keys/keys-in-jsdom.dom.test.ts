// @vitest-environment jsdom
// Keys under jsdom.
import { testKeysInThisRealm } from './keys-in-a-page.ts'

testKeysInThisRealm()
