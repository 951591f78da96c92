// Garbage collection on demand, for tests of weak references.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects several times. An object that one round frees may hold others, and finalizers run only
 * between rounds.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let round = 0; round < 8; round += 1) {
    collect()
    for (let turn = 0; turn < 3; turn += 1) await new Promise((next) => setImmediate(next))
  }
}
