// Uncaught errors: collects those of one test, which would otherwise fail the run.
import { onTestFinished } from 'vitest'

export function uncaughtErrors(): unknown[] {
  const errors: unknown[] = []
  const collect = (error: unknown) => errors.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', collect)
  onTestFinished(() => {
    process.off('uncaughtException', collect)
    for (const other of others) process.on('uncaughtException', other)
  })
  return errors
}
