// Memory, collected on demand: for tests of what must not be forgotten, or kept.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A few rounds, with turns between them: what one has found unreachable may hold others, and finalizers run in turns. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let round = 0; round < 8; round += 1) {
    collect()
    for (let turn = 0; turn < 3; turn += 1) await new Promise((next) => setImmediate(next))
  }
}
